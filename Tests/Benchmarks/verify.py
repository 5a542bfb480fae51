"""What a comparison of two precisions over a clip costs beside plain runs of both.

usage: verify.py TOOLS FOLDER [--clip DIR] [--frames 30] [--rounds 2] [--precisions fp16,bf16,int8]
                 [--threads 2] [--report FILE]

TOOLS holds the release build; FOLDER gets the published network with seeded random weights, in each
precision, and a clip of 30 frames: those of DIR (240x432 pixels in the sample clip), and again from
the last back. In one process, in turns: the reference by itself, the candidate by itself, the
comparison with everything in it. The ratio is the comparison over the sum of the other two; of
several rounds the median, on the clock and in processor time, to which other work adds
little. Exits with 1 where it exceeds 6 on the clock.
needs: torch, where FOLDER does not hold the models
"""
import argparse
import json
import pathlib
import statistics
import sys

import suite

SAMPLE = pathlib.Path(__file__).parents[2] / "SampleWeights" / "clip"
LIMIT = 6


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("tools", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--clip", type=pathlib.Path, default=SAMPLE)
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--precisions", default="fp16,bf16,int8")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--report", type=pathlib.Path)
    return parser.parse_args()


def clip(source, folder, count):
    """A clip of `count` frames that goes through `source` to its end and back, again and again."""
    frames = sorted((source / "frames").iterdir())
    way = frames + frames[-2:0:-1]
    for part in ("frames", "masks"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for index in range(count):
        frame = way[index % len(way)]
        link(frame, folder / "frames" / f"{index:05}{frame.suffix}")
        mask = source / "masks" / f"{frame.stem}.png"
        if mask.exists():
            link(mask, folder / "masks" / f"{index:05}.png")
    return folder


def link(target, path):
    path.unlink(missing_ok=True)
    path.symlink_to(target.resolve())


def models(tools, folder, precisions, calibration):
    """The reference, and by precision the candidates."""
    reference = folder / "stm.safetensors"
    if not reference.exists():
        import published

        graphs = published.graphs(240, 432, 1)
        published.convert(tools, published.export(graphs, folder), reference)
    candidates = {}
    for precision in precisions:
        candidates[precision] = folder / f"stm-{precision}.safetensors"
        if candidates[precision].exists():
            continue
        extra = ["--calibrate", calibration, "--frames", "3"] if precision == "int8" else []
        suite.run(
            tools / "stm-quantize", reference, "-o", candidates[precision], "--precision",
            precision, "--quiet", *extra)
    return reference, candidates


def main():
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    frames = clip(options.clip, options.folder / "clip", options.frames)
    reference, candidates = models(
        options.tools, options.folder, options.precisions.split(","), options.clip)
    rows, exceeded = [], False
    for precision, candidate in candidates.items():
        rounds = json.loads(suite.run(
            options.tools / "stm-verify", "measure-cost", reference, candidate, "--clip", frames,
            "--rounds", options.rounds, "--threads", options.threads, "--quiet"))
        print(json.dumps(dict(precision=precision, rounds=rounds)), flush=True)
        for clock in ("wall", "processor"):
            times = [one[clock] for one in rounds]
            ratios = [
                one["verification"] / (one["reference"] + one["candidate"]) for one in times]
            middle = {key: statistics.median(one[key] for one in times) for key in times[0]}
            exceeded |= clock == "wall" and statistics.median(ratios) > LIMIT
            rows.append([
                precision, clock, *(f"{middle[key]:.1f}" for key in middle),
                f"{statistics.median(ratios):.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}"])
    text = suite.table(
        ["candidate", "clock", "reference, s", "candidate, s", "comparison, s", "ratio", "range"],
        rows, text=2)
    text = f"{options.frames} frames; {suite.machine()}\n\n{text}\n"
    print(text)
    if options.report:
        options.report.write_text(text, encoding="utf-8")
    sys.exit(1 if exceeded else 0)


if __name__ == "__main__":
    main()
