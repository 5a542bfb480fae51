"""What the benchmarks share: stm-verify profile, the machine, medians and tables."""
import importlib.metadata
import json
import os
import platform
import subprocess

FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8")


def profile(tools, model, height, width, memory, objects=1, rounds=5, threads=None, fast=False):
    """What stm-verify profile reports of a model."""
    command = [
        tools / "stm-verify", "profile", model, "--size", f"{height}x{width}", "--memory",
        str(memory), "--objects", str(objects), "--rounds", str(rounds), "--json"]
    if threads:
        command += ["--threads", str(threads)]
    if fast:
        command += ["--arithmetic", "fast"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def parts(report):
    """The median milliseconds of each part of a profile, by name."""
    return {part["name"]: part["medianMilliseconds"] for part in report["parts"]}


def run(*command):
    """What a command prints. Its errors show where it fails."""
    words = [str(word) for word in command]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout


def protocol(masks):
    """That of DAVIS-2016 where masks are gray: byte 25 of a PNG is its colour type."""
    first = sorted(masks.iterdir())[0].read_bytes()
    return "davis-2017" if first[25] == 3 else "davis-2016"


def versions(packages):
    """Names and versions of Python packages, on one line."""
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)


def machine(packages=()):
    """Processor, cores, instructions that matter here, and versions, on one line."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        pairs = [line.split(":", 1) for line in file if ":" in line]
    fields = {key.strip(): value.strip() for key, value in reversed(pairs)}
    present = fields.get("flags", "").split()
    cores = len(os.sched_getaffinity(0))
    software = [f"Python {platform.python_version()}", *([versions(packages)] if packages else [])]
    return (
        f"{fields.get('model name', platform.machine())}, {cores} logical cores; "
        f"{' '.join(flag for flag in FLAGS if flag in present)}; {', '.join(software)}")


def table(titles, rows, text=1):
    """A Markdown table whose first `text` columns are to the left."""
    rule = "|" + "---|" * text + "--:|" * (len(titles) - text)
    lines = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in [titles, *rows]]
    return "\n".join([lines[0], rule, *lines[1:]])


def milliseconds(value):
    """Four digits, or a dash where nothing was measured."""
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 1000 else f"{value:.4g}"
