"""Trains a model further on clips made of pictures, and scores it on videos before and after.

usage: recipe.py TOOLS MODEL PICTURES FOLDER CLIP... [--steps 6000] [--precision bf16] [--frames 24]
                 [--long-edge 320] [--min-gain 0]
PICTURES has cutouts/ and backgrounds/, as pictures.py makes them; none of CLIP is trained on. The
result is FOLDER/trained.safetensors, of the size of MODEL; FOLDER/run-STEPS-PRECISION has its curves,
and a training that was stopped goes on from there. Prints J and F over the first --frames of every
clip. Exits with 1 where the mean J over the clips rises by less than --min-gain.
needs: nothing but Python
"""
import argparse
import json
import pathlib
import shutil
import sys

import suite


def train(options, output):
    """Trains and writes `output`."""
    run = options.folder / f"run-{options.steps}-{options.precision}"
    suite.run(
        options.tools / "stm-train", "images", options.model, "--cutouts",
        options.pictures / "cutouts", "--backgrounds", options.pictures / "backgrounds", "--size",
        "192x192", "--batch", 4, "--max-objects", 2, "--steps", options.steps, "--precision",
        options.precision, "--learning-rate", "1e-4", "--warm-up", 100, "--schedule", "cosine",
        "--clip-gradients", 1, "--average", 0.999, "--run", run, "--resume", "-o", output)


def score(options, model, clip):
    """The mean J and F of the masks of `model` over the beginning of `clip`."""
    truth, masks = options.folder / "truth" / clip.name, options.folder / "masks" / clip.name
    for folder in (truth, masks):
        shutil.rmtree(folder, ignore_errors=True)
    truth.mkdir(parents=True)
    for mask in sorted((clip / "masks").iterdir())[: options.frames]:
        shutil.copy(mask, truth)
    suite.run(
        options.tools / "stm-segment", model, "--clip", clip, "--frames", options.frames,
        "--long-edge", options.long_edge, "-o", masks, "--quiet")
    report = json.loads(suite.run(
        options.tools / "stm-evaluate", masks, truth, "--protocol", suite.protocol(truth), "--json",
        "--quiet"))
    return [report["summary"][kind]["mean"] for kind in ("region", "boundary")]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("tools", "model", "pictures", "folder"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("clips", type=pathlib.Path, nargs="+")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--long-edge", type=int, default=320)
    parser.add_argument("--min-gain", type=float, default=0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    trained = options.folder / "trained.safetensors"
    train(options, trained)
    print(suite.machine())
    rows, gains = [], []
    for clip in options.clips:
        before, after = (score(options, model, clip) for model in (options.model, trained))
        gains.append(after[0] - before[0])
        rows.append([clip.name, *(
            f"{number:.4f}" for pair in zip(before, after) for number in pair)])
    print(suite.table(["clip", "J before", "J after", "F before", "F after"], rows))
    gain = sum(gains) / len(gains)
    print(f"J rises by {gain:.4f} in the mean")
    if gain < options.min_gain:
        sys.exit(f"expected J to rise by {options.min_gain}, found {gain:.4f}")


if __name__ == "__main__":
    main()
