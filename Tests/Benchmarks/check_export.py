"""Runs exported graphs in ONNX Runtime over clips and compares the masks with stm-segment's.

usage: check_export.py TOOLS MODEL FOLDER CLIP... [--long-edge 320] [--frames N] [--opset 17]
                       [--threads 2] [--to onnx-qdq] [--min-equal 0.995] [--report FILE.md]

TOOLS holds stm-convert and stm-segment; FOLDER takes the graphs and the masks. MODEL is exported,
onnx.checker looks at the graphs in full, and both
programs follow each clip's objects on their own, every frame from masks of their own: padding to
multiples of 16, soft aggregation, frames 0, 5, 10, ... and the last one in memory. Prints a row a
clip: the share of pixels with the same object over all frames but the first, and that of the worst
frame. Exits with 1 when a clip's share is below --min-equal.
needs: onnx onnxruntime numpy pillow
"""
import argparse
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from PIL import Image

import loop
import suite


def export(options, folder):
    """Exports the model and checks the graphs; returns the report of stm-convert."""
    summary = json.loads(suite.run(
        options.tools / "stm-convert", "export", options.model, "--to", options.to, "-o", folder,
        "--opset", options.opset, "--json"))
    for graph in loop.GRAPHS:
        onnx.checker.check_model(str(folder / f"{graph}.onnx"), full_check=True)
    return summary


def main():
    parser = argparse.ArgumentParser()
    for name in ("tools", "model", "folder"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("clips", type=pathlib.Path, nargs="+")
    parser.add_argument("--to", choices=("onnx", "onnx-qdq"), default="onnx-qdq")
    parser.add_argument("--frames", type=int)
    for name, value in {"long-edge": 320, "opset": 17, "threads": 2}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--min-equal", type=float, default=0.995)
    parser.add_argument("--report", type=pathlib.Path)
    options = parser.parse_args()

    graphs = options.folder / "graphs"
    summary = export(options, graphs)
    paths = {graph: graphs / f"{graph}.onnx" for graph in loop.GRAPHS}
    network = loop.Network(paths, options.threads)
    print(f"{options.model.name}: {summary['precision']}, {summary['target']}, operator set "
          f"{summary['operatorSet']}; ONNX Runtime {onnxruntime.__version__}")
    rows = ["| clip | frames | pixels equal | worst frame |", "|---|--:|--:|--:|"]
    print("\n".join(rows), flush=True)
    worst = 1.0
    for path in options.clips:
        clip = loop.Clip(path, options.long_edge, options.frames)
        ours = options.folder / "masks" / path.name
        limit = ["--frames", options.frames] if options.frames else []
        suite.run(options.tools / "stm-segment", options.model, "--clip", path, "-o", ours,
            "--long-edge", options.long_edge, "--keep-scale", "--threads", options.threads,
            "--quiet", *limit)
        shares = []
        for frame, ids in zip(clip.paths[1:], loop.masks(loop.follow(network, clip))):
            with Image.open(ours / f"{frame.stem}.png") as mask:
                shares.append(float(np.mean(np.asarray(mask) == ids)))
        share = float(np.mean(shares))
        worst = min(worst, share)
        rows.append(f"| {path.name} | {len(shares)} | {share:.5f} | {min(shares):.5f} |")
        print(rows[-1], flush=True)
    if options.report:
        options.report.write_text("\n".join(rows) + "\n")
    if worst < options.min_equal:
        sys.exit(f"expected at least {options.min_equal} of the pixels equal, found {worst:.5f}")


if __name__ == "__main__":
    main()
