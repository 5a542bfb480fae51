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
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
from PIL import Image

GRAPHS = ("memorize", "query", "decode")
INTERVAL = 5
MARGIN = np.float32(1e-7)


class Network:
    """The three graphs of an export, by name."""

    def __init__(self, folder, threads):
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.log_severity_level = 3
        self.sessions = {
            graph: onnxruntime.InferenceSession(
                str(folder / f"{graph}.onnx"), settings, providers=["CPUExecutionProvider"])
            for graph in GRAPHS}

    def run(self, graph, **inputs):
        session = self.sessions[graph]
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(names, inputs)))


class Padding:
    """Zeros around a picture up to multiples of 16, the smaller half first."""

    def __init__(self, height, width):
        self.before = [(-side % 16) // 2 for side in (height, width)]
        self.after = [-side % 16 - first for side, first in zip((height, width), self.before)]
        self.inside = tuple(
            slice(first, first + side) for first, side in zip(self.before, (height, width)))

    def pad(self, image):
        sides = list(zip(self.before, self.after))
        return np.pad(image, [(0, 0)] * (image.ndim - 2) + sides)

    def crop(self, image):
        return image[(..., *self.inside)]


class Clip:
    """Frames as [1, 3, H, W] from 0 to 1, and the ids of the first mask."""

    def __init__(self, path, long_edge, count):
        self.paths = sorted((path / "frames").iterdir())[:count]
        with Image.open(self.paths[0]) as first:
            width, height = first.size
        scale = min(long_edge / max(width, height), 1)
        self.size = (round(width * scale), round(height * scale))
        with Image.open(path / "masks" / f"{self.paths[0].stem}.png") as mask:
            is_indexed = mask.mode == "P"
            ids = np.asarray(self.resized(mask, Image.Resampling.NEAREST))
        self.ids = np.where(ids == 255, 0, ids) if is_indexed else (ids > 127).astype(np.uint8)

    def resized(self, image, filter):
        return image if image.size == self.size else image.resize(self.size, filter)

    def frame(self, index):
        with Image.open(self.paths[index]) as image:
            scaled = self.resized(image.convert("RGB"), Image.Resampling.BILINEAR)
        return (np.asarray(scaled, np.float32) / np.float32(255)).transpose(2, 0, 1)[None]


def aggregate(own):
    """Probabilities [N + 1, H, W] of background and objects from each object's own [N, H, W]."""
    background = np.prod(1 - own, axis=0, dtype=np.float32)
    p = np.clip(np.concatenate([background[None], own]), MARGIN, 1 - MARGIN)
    odds = p / (1 - p)
    return odds / odds.sum(0)


def masks(network, clip):
    """The ids of every frame but the first, each from what the network made of those before it."""
    objects = int(clip.ids.max())
    probabilities = np.stack([clip.ids == id for id in range(objects + 1)]).astype(np.float32)
    padding = Padding(*clip.ids.shape)
    memory = []
    for index in range(1, len(clip.paths)):
        own = padding.pad(probabilities[1:, None])
        others = np.clip(own.sum(0, keepdims=True) - own, 0, 1)
        entry = network.run(
            "memorize", frame=padding.pad(clip.frame(index - 1)), mask=own, others=others)
        if memory and (index - 2) % INTERVAL != 0:
            memory.pop()
        memory.append(entry)
        query = network.run("query", frame=padding.pad(clip.frame(index)))
        stacks = {
            f"memory_{name}s": np.stack([entry[name] for entry in memory], axis=2)
            for name in ("key", "value")}
        logits = network.run("decode", **stacks, **query)["logits"]
        own = 1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))
        probabilities = padding.crop(aggregate(own))
        yield probabilities.argmax(0).astype(np.uint8)


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True).stdout


def export(options, folder):
    """Exports the model and checks the graphs; returns the report of stm-convert."""
    summary = json.loads(run(
        options.tools / "stm-convert", "export", options.model, "--to", options.to, "-o", folder,
        "--opset", options.opset, "--json"))
    for graph in GRAPHS:
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
    network = Network(graphs, options.threads)
    print(f"{options.model.name}: {summary['precision']}, {summary['target']}, operator set "
          f"{summary['operatorSet']}; ONNX Runtime {onnxruntime.__version__}")
    rows = ["| clip | frames | pixels equal | worst frame |", "|---|--:|--:|--:|"]
    print("\n".join(rows), flush=True)
    worst = 1.0
    for path in options.clips:
        clip = Clip(path, options.long_edge, options.frames)
        ours = options.folder / "masks" / path.name
        limit = ["--frames", options.frames] if options.frames else []
        run(options.tools / "stm-segment", options.model, "--clip", path, "-o", ours,
            "--long-edge", options.long_edge, "--threads", options.threads, "--quiet", *limit)
        shares = []
        for frame, ids in zip(clip.paths[1:], masks(network, clip)):
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
