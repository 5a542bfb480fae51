"""stm-evaluate beside a Python evaluation of masks, in turns on one core: speed and figures.

usage: evaluation.py TOOLS FOLDER MASKS [--frames N] [--size WxH] [--rounds N] [--report FILE]
                     [--least-ratio R] [--most-seconds S]
needs: numpy pillow, and vos-benchmark, which brings OpenCV and scikit-image

MASKS is a folder of indexed or gray masks. They are scaled to the size and repeated to and fro; what
is scored are those masks a few frames late, moved by a few pixels. Both read the same files.
Exits with 1 where comparing decoded masks is less than R times as fast (20), a run takes S seconds
or more (1), or a figure differs by more than 1e-6.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import cv2
import numpy as np
from PIL import Image
from vos_benchmark.evaluator import Evaluator

import suite

PACKAGES = ("vos-benchmark", "numpy", "opencv-python", "scikit-image")

# The frames of the truth that count; all objects of the masks are in the first.
PROTOCOLS = {"davis-2017": slice(1, -1), "youtube-vos": slice(1, None)}


def write(ids, path):
    image = Image.fromarray(ids, mode="P")
    image.putpalette([value for id in range(256) for value in (id, 255 - id, 37 * id % 256)])
    image.save(path)


def make(masks, folder, frames, size):
    """The folders of predictions and truth."""
    read, paths = [], sorted(masks.glob("*.png"))
    if len(paths) < 2:
        raise SystemExit(f"{masks}: expected at least 2 masks, found {len(paths)}")
    for path in paths:
        with Image.open(path) as image:
            ids = np.asarray(image.resize(size, Image.Resampling.NEAREST))
            read.append(ids if image.mode == "P" else (ids > 127).astype(np.uint8))
    period = 2 * len(read) - 2
    order = [min(index % period, period - index % period) for index in range(frames + 3)]
    sides = folder / "predictions", folder / "truth"
    for side in sides:
        side.mkdir(parents=True, exist_ok=True)
        for old in side.glob("*.png"):
            old.unlink()
    for index in range(frames):
        late = np.roll(read[order[index + 3]], (2, 5), (0, 1))
        write(late, sides[0] / f"{index:05}.png")
        write(read[order[index]], sides[1] / f"{index:05}.png")
    return sides


def ours(tools, sides, protocol):
    """Seconds of the whole run and of comparing decoded masks, and what it reports."""
    start = time.perf_counter()
    output = subprocess.run(
        [tools / "stm-evaluate", *sides, "--protocol", protocol, "--threads", "1", "--timing",
         "--json"], check=True, stdout=subprocess.PIPE).stdout
    whole = time.perf_counter() - start
    report = json.loads(output)
    return whole, report["seconds"]["scoring"], report


def theirs(sides, protocol):
    """The same, of the frames that count, without Python's own start."""
    evaluator, scoring = Evaluator(), 0.0
    start = time.perf_counter()
    for path in sorted(sides[1].glob("*.png"))[PROTOCOLS[protocol]]:
        mask, truth = (np.array(Image.open(side / path.name)) for side in sides)
        begin = time.perf_counter()
        evaluator.feed_frame(mask, truth)
        scoring += time.perf_counter() - begin
    return time.perf_counter() - start, scoring, evaluator


def difference(report, evaluator):
    """The largest difference between any two figures."""
    largest = 0.0
    for item in report["sequences"][0]["objects"]:
        for score, other in (
                ("region", evaluator.object_iou), ("boundary", evaluator.boundary_f)):
            for frame, value in zip(item["frames"], other[item["id"]], strict=True):
                largest = max(largest, abs(frame[score] - value))
    return largest


def main():
    parser = argparse.ArgumentParser()
    for name in ("tools", "folder", "masks"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--size", default="854x480")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--least-ratio", type=float, default=20)
    parser.add_argument("--most-seconds", type=float, default=1)
    settings = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    size = tuple(map(int, settings.size.split("x")))
    sides = make(settings.masks, settings.folder, settings.frames, size)
    lines, problems, objects, largest = [], [], 0, 0.0
    for protocol in PROTOCOLS:
        turns = [
            (ours(settings.tools, sides, protocol), theirs(sides, protocol))
            for _ in range(settings.rounds)]
        mine, other = (
            [statistics.median(turn[side][part] for turn in turns) for part in (0, 1)]
            for side in (0, 1))
        report, evaluator = turns[0][0][2], turns[0][1][2]
        objects = len(report["sequences"][0]["objects"])
        largest = max(largest, difference(report, evaluator))
        ratio = other[1] / mine[1]
        lines += [
            f"| {protocol}: J and F of decoded masks | {mine[1]:.4f} | {other[1]:.3f} | "
            f"{ratio:.1f} |",
            f"| {protocol}: with reading the PNGs | {mine[0]:.3f} | {other[0]:.3f} | "
            f"{other[0] / mine[0]:.1f} |"]
        if ratio < settings.least_ratio:
            problems.append(f"{protocol}: {ratio:.1f} times, expected {settings.least_ratio:g}")
        if mine[0] >= settings.most_seconds:
            problems.append(f"{protocol}: {mine[0]:.3f} s, expected {settings.most_seconds:g}")
    if largest > 1e-6:
        problems.append(f"figures that differ by {largest:.1e}, expected 1e-6")
    text = "\n".join([
        f"{settings.frames} frames of {settings.size}, {objects} objects, one core; medians of "
        f"{settings.rounds} runs in turns.", "",
        "| seconds | stm-evaluate | Python | ratio |", "|---|--:|--:|--:|", *lines, "",
        f"Largest difference between two figures: {largest:.1e}. {suite.machine(PACKAGES)}.", ""])
    print(text)
    if settings.report:
        settings.report.write_text(text)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


sys.exit(main())
