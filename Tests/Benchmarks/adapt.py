"""Measures what stm-train does for the sample model: on one clip, and for an int8 model of six bits.

usage: adapt.py TOOLS MODEL CLIP FOLDER [--steps 200] [--min-gain 0.001] [--min-recovered 0.5]
First widens the ranges that calibration saw to four times what they were, which leaves six of eight
bits, trains through the rounding of a plan that has everything in int8, with the model's own masks for
truth, and prints the IoU with these before and after. Then trains MODEL on CLIP and prints J and F on
it as they rise. Exits with 1 where training gives back less than --min-recovered of the IoU that
rounding took, or where J rises by less than --min-gain.
needs: nothing but Python
"""
import argparse
import json
import pathlib
import shutil
import sys

import suite

WIDER = 4
PLAIN = ["--bias-correction", "none", "--no-equalize", "--rounding", "nearest", "--quiet"]


class Training:
    """The tools on one model and clip, in one folder."""

    def __init__(self, options):
        self.options = options
        self.folder = options.folder

    def tool(self, name, *words):
        return suite.run(self.options.tools / name, *words)

    def train(self, output, clips, *words):
        self.tool(
            "stm-train", "video", self.options.model, "--clips", clips, "-o", output, "--size",
            "240x432", "--batch", 2, "--steps", self.options.steps, "--schedule", "cosine",
            "--max-skip", 5, "--crop", "1:1", "--mirror", 0, "--quiet", *words)

    def adapt(self):
        """J and F on the clip, by step; 0 is the model as it was."""
        run = self.folder / "run"
        shutil.rmtree(run, ignore_errors=True)
        self.train(
            self.folder / "adapted.safetensors", self.options.clip, "--learning-rate", "1e-5",
            "--average", 0.98, "--augmentation", 0.3, "--validate", self.options.clip,
            "--validate-every", max(1, self.options.steps // 4), "--run", run)
        lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        return [(0, *self.score(self.options.model)), *(
            (line["step"], line["region"], line["boundary"])
            for line in lines if line["event"] == "validation")]

    def score(self, model):
        """J and F of `model` on the clip."""
        masks = self.folder / "masks" / self.options.clip.name
        shutil.rmtree(masks.parent, ignore_errors=True)
        self.tool("stm-segment", model, "--clip", self.options.clip, "-o", masks, "--quiet")
        report = self.folder / "evaluation.json"
        self.tool(
            "stm-evaluate", masks, self.options.clip / "masks", "--report", report, "--quiet")
        summary = json.loads(report.read_text())["summary"]
        return summary["region"]["mean"], summary["boundary"]["mean"]

    def iou(self, model):
        """The mean IoU of the masks of `model` with those of the model, free-running."""
        report = self.folder / "parity.json"
        self.tool(
            "stm-verify", self.options.model, model, "--clip", self.options.clip, "--gate",
            "iou(mean) >= 0", "--gate", "sqnr(**) >= -100", "--tolerance", "**:-100", "--report",
            report, "--quiet")
        return json.loads(report.read_text())["iou"]["mean"]

    def recover(self):
        """The IoU of the int8 model with fp32's masks before and after training through it."""
        plan, own, wide, learned = (
            self.folder / f"{name}.json" for name in ("plan", "statistics", "wide", "learned"))
        plan.write_text('{"standard": "int8"}\n')
        self.tool(
            "stm-quantize", "calibrate", self.options.model, self.options.clip, "--frames", 12, "-o",
            own, "--quiet")
        statistics = json.loads(own.read_text())
        for values in statistics["programs"].values():
            for value in values.values():
                value["range"] = {
                    "minimum": WIDER * min(value["minimum"], 0),
                    "maximum": WIDER * max(value["maximum"], 0)}
        wide.write_text(json.dumps(statistics))
        clips = self.folder / "own"
        shutil.rmtree(clips, ignore_errors=True)
        masks = clips / "clip/masks"
        shutil.copytree(self.options.clip / "frames", clips / "clip/frames")
        self.tool(
            "stm-segment", self.options.model, "--clip", self.options.clip, "-o", masks, "--quiet")
        first = sorted((self.options.clip / "masks").iterdir())[0]
        shutil.copy(first, masks / first.name)
        trained = self.folder / "trained.safetensors"
        self.train(
            trained, clips, "--learning-rate", "5e-7", "--scale-rate", 60000, "--augmentation", 0,
            "--quantize", plan, "--statistics", wide, "--learned-statistics", learned)
        results = []
        for model, ranges in ((self.options.model, wide), (trained, learned)):
            output = self.folder / "int8.safetensors"
            self.tool(
                "stm-quantize", model, "-o", output, "--plan", plan, "--statistics", ranges, *PLAIN)
            results.append(self.iou(output))
        return results


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("tools", "model", "clip", "folder"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--min-gain", type=float, default=0.001)
    parser.add_argument("--min-recovered", type=float, default=0.5)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    training = Training(options)
    before, after = training.recover()
    recovered = (after - before) / (1 - before)
    print(f"IoU of int8 with six bits: {before:.5f}, trained {after:.5f}: {recovered:.0%} is back")
    rows = [[step, f"{region:.4f}", f"{boundary:.4f}"] for step, region, boundary in training.adapt()]
    print(suite.table(["steps", "J", "F"], rows, text=0))
    if recovered < options.min_recovered:
        sys.exit(f"expected at least {options.min_recovered:.0%} back, found {recovered:.0%}")
    gain = float(rows[-1][1]) - float(rows[0][1])
    if gain < options.min_gain:
        sys.exit(f"expected J to rise by {options.min_gain}, found {gain:.4f}")


if __name__ == "__main__":
    main()
