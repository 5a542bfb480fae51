#!/usr/bin/env python3
"""Kills runs at random moments, fills disks under them, and looks at what is left.

    python3 Tests/Robustness/kill.py .build/release .build/kill SampleWeights

Every run writes over nothing and over an older result. After each kill (SIGKILL) every file that the
run writes must be absent, as it was, or what an undisturbed run writes, byte for byte; nothing else
may be in its folders; and no input may have changed. The folder of a training, which grows until the
end, is looked at once it was resumed. The moments are fractions of the time that an undisturbed run
took here, from a generator with a fixed seed. With --resume, a killed run is then finished and
compared with one at one go. Runs on a disk that is too small (a tmpfs, for root) or with files
limited (RLIMIT_FSIZE) must end with exit code 74 and leave what was there.

Exits with 1 where anything was violated. Needs nothing but Python.
"""

import argparse
import hashlib
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import time

# Parts of the time of an undisturbed run. Every second kill is among the last, when files are
# written; some runs are over by then.
LAST, LATEST = 0.8, 1.05


class Run:
    """A command that writes into a folder, and what it reads."""

    def __init__(self, name, arguments, inputs, growing=None):
        self.name = name
        self.arguments = arguments  # Of the folder to write into.
        self.inputs = inputs
        self.growing = growing  # A folder there whose files change until the end.

    def whole(self, found):
        """Those of the files `found` that are either there as they are in the end, or not at all."""
        return {
            name: data for name, data in found.items()
            if not (self.growing and name.startswith(f"{self.growing}/"))}


def files(folder):
    """The bytes of every file below `folder`, by path."""
    found = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


def digest(paths):
    """One hash over files and folders of files."""
    total = hashlib.sha256()
    for path in sorted(paths):
        contents = files(path) if os.path.isdir(path) else {"": open(path, "rb").read()}
        for name in sorted(contents):
            total.update(path.encode() + b"\0" + name.encode() + b"\0" + contents[name])
    return total.hexdigest()


def put(folder, contents):
    """Makes `folder` hold `contents` and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name, data in contents.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


def finish(command, **options):
    """Runs `command` to its end, which must be a success."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")


class Violations:
    """What must not be, counted and the first few said."""

    def __init__(self):
        self.count = 0

    def add(self, text):
        self.count += 1
        if self.count <= 20:
            print(f"VIOLATION: {text}", file=sys.stderr, flush=True)


def state(found, old, new, where, violations):
    """absent, old, new or in between, of a whole run; counts files that are none of these."""
    halves, leftovers = 0, 0
    for name, data in found.items():
        if name not in new and name not in old:
            leftovers += 1
            violations.add(f"{where}: left over: {name} ({len(data)} bytes)")
        elif data not in (old.get(name), new.get(name)):
            halves += 1
            violations.add(f"{where}: {name} is neither the old file nor the new ({len(data)} bytes)")
    for name in old:
        if name not in found:
            halves += 1
            violations.add(f"{where}: {name} is gone")
    others = [name for name, data in new.items() if old.get(name) != data]
    replaced = sum(found.get(name) == new[name] for name in others)
    if replaced == len(others):
        kind = "new"
    elif replaced == 0:
        kind = "old" if old else "absent"
    else:
        kind = "between"
    return kind, halves, leftovers


def kill_runs(run, target, old, new, moments, folder, seconds, violations):
    """A row of the table: `run` killed at every one of `moments`."""
    row = {"absent": 0, "old": 0, "new": 0, "between": 0, "over": 0, "half": 0, "left": 0}
    inputs, changed, unfinished = digest(run.inputs), 0, 0
    for index, moment in enumerate(moments):
        put(folder, old)
        process = subprocess.Popen(
            run.arguments(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moment * seconds)
        row["over"] += process.poll() is not None
        process.kill()
        process.wait()
        where = f"{run.name} over {target}, kill {index + 1} at {moment:.4f}"
        kind, halves, leftovers = state(
            run.whole(files(folder)), old, run.whole(new), where, violations)
        row[kind] += 1
        row["half"] += halves
        row["left"] += leftovers
        if digest(run.inputs) != inputs:
            changed += 1
            violations.add(f"{where}: an input changed")
        if "--resume" in run.arguments(folder):
            finish(run.arguments(folder))
            found = files(folder)
            others = sorted(
                name for name in found.keys() | new.keys() if found.get(name) != new.get(name))
            if others:
                unfinished += 1
                violations.add(
                    f"{where}: resumed, these are not as a run at one go leaves them: "
                    + ", ".join(others))
    resumed = len(moments) - unfinished if "--resume" in run.arguments(folder) else "-"
    return [
        run.name, target, len(moments), row["over"], row["absent"], row["old"], row["between"],
        row["new"], row["half"], row["left"], changed, resumed, f"{seconds:.2f}"]


def is_refused(command, where, violations, **options):
    """Whether `command` ends with 74, for want of space."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 74 or "writing failed" not in done.stderr:
        violations.add(f"{where}: exit code {done.returncode}: {done.stderr.strip()[-200:]}")


def limited_runs(run, target, old, new, folder, violations):
    """Rows of `run` with files limited to parts of the largest it writes."""
    largest = max(map(len, new.values()))
    inputs, kinds = digest(run.inputs), []
    for limit in sorted({0, 1, largest // 2, largest - 1}):
        put(folder, old)
        where = f"{run.name} over {target}, files limited to {limit} bytes"
        is_refused(
            run.arguments(folder), where, violations,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        kinds.append(
            state(run.whole(files(folder)), old, run.whole(new), where, violations)[0])
    if digest(run.inputs) != inputs:
        violations.add(f"{run.name} over {target}: an input changed")
    return [run.name, target, "RLIMIT_FSIZE", len(kinds), kinds.count("new")]


def full_disk_runs(run, target, old, new, folder, violations):
    """Rows of `run` on a tmpfs that has room for parts of what it writes; None without the right."""
    size = sum(map(len, new.values())) + sum(map(len, old.values()))
    largest = max(map(len, new.values()))
    page = 4096
    inputs, kinds = digest(run.inputs), []
    for part in (0, 0.5, 0.9):
        os.makedirs(folder, exist_ok=True)
        taken = sum(-(-len(data) // page) * page for data in old.values())
        room = max(taken + int(part * largest) // page * page, page)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", folder], capture_output=True)
        if mounted.returncode != 0:
            return None
        try:
            where = f"{run.name} over {target}, {room} bytes of disk for {size}"
            for name, data in old.items():
                path = os.path.join(folder, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(data)
            is_refused(run.arguments(folder), where, violations)
            kinds.append(
                state(run.whole(files(folder)), old, run.whole(new), where, violations)[0])
        finally:
            subprocess.run(["umount", folder], check=True)
    if digest(run.inputs) != inputs:
        violations.add(f"{run.name} over {target}: an input changed")
    return [run.name, target, "full disk", len(kinds), kinds.count("new")]


def table(head, rows):
    """Markdown."""
    lines = [head, ["---"] * len(head)] + [[str(cell) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def runs(tools, work, sample, frames):
    """The runs, each with one that makes the older result."""
    convert, quantize, segment, train = (
        f"{tools}/stm-{name}" for name in ("convert", "quantize", "segment", "train"))
    onnx = [f"{sample}/onnx/{name}.onnx" for name in ("memorize", "query", "decode")]
    model = f"{work}/models/stm.safetensors"
    int8 = f"{work}/models/stm-w8.safetensors"
    clip = f"{sample}/clip"
    os.makedirs(f"{work}/models", exist_ok=True)
    finish([convert, *onnx, "-o", model])
    finish([quantize, model, "-o", int8, "--precision", "w8"])

    def converting(*options):
        return lambda folder: [convert, *onnx, "-o", f"{folder}/stm.safetensors", *options]

    def quantizing(precision):
        return lambda folder: [
            quantize, model, "-o", f"{folder}/stm.safetensors", "--precision", precision]

    def segmenting(model, *options, overlay=False):
        return lambda folder: [
            segment, model, "--clip", clip, "--frames", str(frames), "--long-edge", "160", "-o",
            f"{folder}/masks", "--quiet", *options,
            *(["--overlay", f"{folder}/overlays"] if overlay else [])]

    def training(*options):
        return lambda folder: [
            train, "video", model, "--clips", clip, "--size", "64x96", "--batch", "1", "--steps",
            "6", "--max-skip", "2", "--threads", "1", "-o", f"{folder}/stm.safetensors", "--quiet",
            *(option.replace("{folder}", folder) for option in options)]

    clips = [clip, model, int8]
    return [
        (Run("convert", converting(), onnx), converting("--fold-batch-norm", "always")),
        (Run("quantize fp16", quantizing("fp16"), [model]), quantizing("bf16")),
        (Run("quantize w8", quantizing("w8"), [model]), quantizing("bf16")),
        (Run("segment", segmenting(model), clips), segmenting(int8)),
        (
            Run("segment --overlay --resume", segmenting(model, "--resume", overlay=True), clips),
            segmenting(int8, overlay=True),
        ),
        (
            Run(
                "train --resume",
                training(
                    "--run", "{folder}/run", "--resume", "--checkpoint-every", "1", "--average",
                    "0.9", "--validate", clip, "--validate-frames", "3", "--validate-long-edge",
                    "96"),
                [clip, model], growing="run"),
            training("--seed", "2"),
        ),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tools", help="the folder of the tools")
    parser.add_argument("work", help="a folder for what is written")
    parser.add_argument("sample", help="SampleWeights")
    parser.add_argument("--moments", type=int, default=200, help="kills of every run and target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--frames", type=int, default=4, help="frames of the clip")
    parser.add_argument("--only", default="", help="runs whose names hold this text")
    parser.add_argument("--report", help="also write the tables to a file")
    options = parser.parse_args()

    violations = Violations()
    kills, fulls = [], []
    folder = f"{options.work}/out"
    for run, older in runs(options.tools, options.work, options.sample, options.frames):
        if options.only not in run.name:
            continue
        put(folder, {})
        finish(older(folder))
        older_files = files(folder)
        times, results = [], []
        for _ in range(3):
            put(folder, {})
            start = time.monotonic()
            finish(run.arguments(folder))
            times.append(time.monotonic() - start)
            results.append(files(folder))
        if results[1:] != results[:-1]:
            violations.add(f"{run.name}: two runs write different bytes")
        new = results[0]
        if older_files == new:
            sys.exit(f"{run.name}: the older result is not another")
        for target, old in (("nothing", {}), ("an older result", older_files)):
            generator = random.Random(f"{options.seed} {run.name} {target}")
            moments = [
                generator.uniform(LAST if index % 2 else 0, LATEST)
                for index in range(options.moments)]
            kills.append(
                kill_runs(
                    run, target, old, new, moments, folder, statistics.median(times), violations))
            print(kills[-1], file=sys.stderr, flush=True)
            fulls.append(limited_runs(run, target, old, new, folder, violations))
            shutil.rmtree(folder)
            row = full_disk_runs(run, target, old, new, folder, violations)
            fulls += [row] if row else []
    shutil.rmtree(folder, ignore_errors=True)

    text = table(
        ["run", "over", "kills", "after its end", "absent", "old", "in between, each file whole",
         "new", "half files", "left over", "inputs changed", "resumed to the same", "s a run"],
        kills)
    text += "\n" + table(["run", "over", "no room by", "runs", "replaced"], fulls)
    text += f"\n{violations.count} violations\n"
    print(text, end="")
    if options.report:
        with open(options.report, "w") as file:
            file.write(text)
    sys.exit(1 if violations.count else 0)


if __name__ == "__main__":
    main()
