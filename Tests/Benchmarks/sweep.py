"""Tables of every part of models at several sizes, memory lengths and numbers of objects.

usage: sweep.py TOOLS MODEL... [--sizes 240x432,480x864] [--memories 1,4,10,40] [--objects 1,3,5]
                [--arithmetics exact,fast] [--threads 2] [--rounds 3] [--report FILE]

TOOLS holds stm-verify; the models may be of any precision. Memories vary with one object, and
objects with a memory of four frames. Every combination is a run of stm-verify profile. Prints a line of JSON a run and, at the end, Markdown.
"""
import argparse
import itertools
import json
import pathlib

import suite

PARTS = ("memorize", "query", "decode", "segment", "read")


def listed(kind):
    return lambda text: [kind(item) for item in text.split(",")]


def extents(text):
    return tuple(int(part) for part in text.split("x"))


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("tools", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path, nargs="+")
    parser.add_argument("--sizes", type=listed(extents), default="240x432,480x864")
    parser.add_argument("--memories", type=listed(int), default="1,4,10,40")
    parser.add_argument("--objects", type=listed(int), default="1,3,5")
    parser.add_argument("--arithmetics", type=listed(str), default="exact,fast")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--report", type=pathlib.Path)
    return parser.parse_args()


def row(options, model, arithmetic, size, memory, objects):
    """The precision and the milliseconds of one combination, printed as they come."""
    report = suite.profile(
        options.tools, model, *size, memory, objects=objects, rounds=options.rounds,
        threads=options.threads, fast=arithmetic == "fast")
    times = suite.parts(report)
    memory_peak = report["peakMemory"]
    print(json.dumps(dict(
        precision=report["precision"], arithmetic=arithmetic, height=size[0], width=size[1],
        memory=memory, objects=objects, peakMemory=memory_peak,
        milliseconds={part: round(times[part], 3) for part in PARTS})), flush=True)
    megabytes = "-" if memory_peak is None else f"{memory_peak / 1e6:.0f}"
    return report["precision"], [suite.milliseconds(times[part]) for part in PARTS] + [megabytes]


def main():
    options = arguments()
    lines = [
        f"Milliseconds, medians of {options.rounds}, {options.threads} threads; MB is the most "
        "memory that was resident.", f"{suite.machine()}.", ""]
    for size, arithmetic in itertools.product(options.sizes, options.arithmetics):
        rows = []
        extents = sorted(
            {(1, memory) for memory in options.memories}
            | {(objects, 4) for objects in options.objects})
        for model, (objects, memory) in itertools.product(options.models, extents):
            precision, cells = row(options, model, arithmetic, size, memory, objects)
            rows.append([precision, objects, memory, *cells])
        table = suite.table(["precision", "objects", "frames in memory", *PARTS, "MB"], rows)
        lines += [f"{size[0]}x{size[1]}, {arithmetic} arithmetic:", "", table, ""]
    text = "\n".join(lines)
    print(text)
    if options.report:
        options.report.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
