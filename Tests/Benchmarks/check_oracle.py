"""Holds the masks of stm-segment against those of another program with the same weights.

usage: check_oracle.py TOOLS MODEL FOLDER CLIP... --oracle 'COMMAND' [--long-edge N] [--frames N]
                       [--min-equal 0.999]
COMMAND is run with a model file, a clip and a folder, to which it writes 00001.png, ... as indexed
masks of all frames but the first; --long-edge and --frames are passed on. Exits with 1 where fewer
pixels of any frame are equal.
needs: numpy pillow, and what COMMAND needs
"""
import argparse
import pathlib
import shlex
import sys

import numpy as np
from PIL import Image

import suite


def ids(path):
    with Image.open(path) as mask:
        return np.asarray(mask)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("tools", "model", "folder"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("clips", type=pathlib.Path, nargs="+")
    parser.add_argument("--oracle", required=True)
    parser.add_argument("--long-edge", type=int)
    parser.add_argument("--frames", type=int)
    parser.add_argument("--min-equal", type=float, default=0.999)
    options = parser.parse_args()
    limits = [
        word for name in ("long-edge", "frames")
        if (value := getattr(options, name.replace("-", "_")))
        for word in (f"--{name}", value)]

    rows, worst = [], 1.0
    for clip in options.clips:
        ours, theirs = (options.folder / who / clip.name for who in ("ours", "theirs"))
        theirs.mkdir(parents=True, exist_ok=True)
        suite.run(*shlex.split(options.oracle), options.model, clip, theirs, *limits)
        suite.run(options.tools / "stm-segment", options.model, "--clip", clip, "-o", ours,
                  "--keep-scale", "--quiet", *limits)
        frames = sorted((clip / "frames").iterdir())[1:options.frames]
        shares = [
            float(np.mean(ids(ours / f"{frame.stem}.png") == ids(theirs / f"{index:05}.png")))
            for index, frame in enumerate(frames, 1)]
        worst = min(worst, *shares)
        rows.append([clip.name, len(shares), f"{np.mean(shares):.6f}", f"{min(shares):.6f}"])
    print(suite.table(["clip", "frames", "pixels equal", "worst frame"], rows, text=1))
    if worst < options.min_equal:
        sys.exit(f"expected at least {options.min_equal} of the pixels equal, found {worst:.6f}")


if __name__ == "__main__":
    main()
