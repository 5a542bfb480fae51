"""Holds stm-quantize against other quantizers on the same weights and clips.

usage: quantizers.py TOOLS MODEL FOLDER [--calibrate CLIP...] [--clips CLIP...]
                     [--int8 FLAGS] [--mixed FLAGS] [--long-edge 320] [--frames 12]
                     [--mask-frames 24] [--threads 2] [--rounds 5] [--only TABLE...]
                     [--published FILE] [--report FILE.md]

TOOLS holds the tools; MODEL is one in fp32; FOLDER takes models, graphs and reports. Everything
is calibrated on the first --frames frames of the --calibrate clips. Three tables:

logits   SQNR of the logits in dB, teacher-forced, over the first --frames frames of each of
         --clips: ONNX Runtime's static quantization, NNCF, a plain simulation, and ours
masks    over --mask-frames frames: mean IoU with the fp32 masks, teacher-forced and free-running;
         J, the mean IoU with the ground truth, in fp32 and in each precision; file sizes
times    seconds of calibration over seconds of segmenting the same frames, in turns, and of
         writing w8, all on the model --published of the published size, made where there is none

--int8 and --mixed are flags of stm-quantize write, as in --int8 '--rounding nearest'; there is a
mixed model only with --mixed.
needs: onnx onnxruntime openvino nncf numpy pillow; for times without --published torch too
"""
import argparse
import json
import logging
import pathlib
import shlex
import statistics
import subprocess
import sys
import time
import warnings

import int8_peers
import loop
import suite

SAMPLE = pathlib.Path(__file__).parent.parent.parent / "SampleWeights" / "clip"
PACKAGES = ("onnxruntime", "nncf", "openvino")


def decibels(value):
    return "-" if value is None else f"{value:.1f}"


def ratio(value, digits=4):
    return "-" if value is None else f"{value:.{digits}f}"


class Comparison:
    """The model, the clips, and what is made of them."""

    def __init__(self, options):
        self.options = options
        options.folder.mkdir(parents=True, exist_ok=True)
        self.graphs = int8_peers.prepared(self.export(options.model), options.folder)
        self.network = loop.Network(self.graphs, options.threads)
        self.files = {"fp32": options.model}

    def export(self, model):
        folder = self.options.folder / "graphs"
        suite.run(
            self.options.tools / "stm-convert", "export", model, "--to", "onnx", "-o", folder,
            "--quiet")
        return {graph: folder / f"{graph}.onnx" for graph in loop.GRAPHS}

    def show(self, row):
        """Says on standard error how far a table is."""
        print(" | ".join(row), file=sys.stderr, flush=True)

    def clip(self, path, frames):
        return loop.Clip(path, self.options.long_edge, frames)

    def samples(self):
        """What the fp32 loop feeds each graph over the calibration clips, one object at a time."""
        samples = {graph: [] for graph in loop.GRAPHS}
        for path in self.options.calibrate:
            for step in loop.follow(self.network, self.clip(path, self.options.frames)):
                for graph, feeds in step.feeds.items():
                    samples[graph] += loop.objects(feeds)
        return samples

    def steps(self, network, clip, forced=None):
        """The loop over a clip, without what fed the graphs."""
        return [step._replace(feeds=None) for step in loop.follow(network, clip, forced)]

    def quantized(self, precision):
        """Our model of a precision, made once."""
        if precision not in self.files:
            options = self.options
            path = options.folder / f"{precision}.safetensors"
            flags = {"int8": options.int8, "mixed": options.mixed}.get(precision, "")
            command = [options.tools / "stm-quantize", options.model, "-o", path, "--precision",
                       precision, "--quiet", *shlex.split(flags)]
            if precision in ("int8", "mixed"):
                for clip in options.calibrate:
                    command += ["--calibrate", clip]
                command += ["--frames", options.frames, "--long-edge", options.long_edge]
            suite.run(*command)
            self.files[precision] = path
        return self.files[precision]

    def verified(self, precision, clip, frames):
        """What stm-verify says of our model of a precision over a clip."""
        report = self.options.folder / f"{precision}-{clip.name}-{frames}.json"
        command = [
            self.options.tools / "stm-verify", self.options.model, self.quantized(precision),
            "--clip", clip, "--frames", frames, "--long-edge", self.options.long_edge,
            "--report", report, "--quiet"]
        subprocess.run([str(word) for word in command], stdout=subprocess.DEVNULL)
        return json.loads(report.read_text())

    def logits(self):
        """SQNR of the logits: a row a quantizer, a column a clip."""
        samples, frames = self.samples(), self.options.frames
        clips = [self.clip(path, frames) for path in self.options.clips]
        references = [self.steps(self.network, clip) for clip in clips]
        rows = []
        for name, make in {**int8_peers.PEERS, int8_peers.PLAIN: int8_peers.plain}.items():
            peer = make(self.graphs, samples, self.options.folder, self.options.threads)
            rows.append([name] + [
                decibels(loop.sqnr(reference, self.steps(peer, clip, reference)))
                for clip, reference in zip(clips, references)])
            self.show(rows[-1])
        rows.append([" ".join(["ours: --precision int8", self.options.int8]).strip()] + [
            decibels(self.verified("int8", path, frames)["logits"]["sqnr"])
            for path in self.options.clips])
        return (
            f"Logits SQNR in dB, teacher-forced, first {frames} frames:\n\n"
            + suite.table(["quantizer"] + [clip.name for clip in clips], rows))

    def simulated(self, network, clip):
        """The mask columns of another network: J, IoU teacher-forced and free-running, SQNR."""
        reference = self.steps(self.network, clip)
        forced, free = self.steps(network, clip, reference), self.steps(network, clip)
        objects = sorted(set(clip.ids.flat) - {0})
        truth = [clip.truth(index) for index in range(1, len(clip.paths))]
        masks = loop.masks(reference)
        return [
            ratio(loop.overlap(loop.masks(free), truth, objects), 3),
            ratio(loop.overlap(loop.masks(forced), masks, objects)),
            ratio(loop.overlap(loop.masks(free), masks, objects)),
            decibels(loop.sqnr(reference, forced))]

    def masks(self):
        """IoU and J: a row a clip and precision."""
        frames = self.options.mask_frames
        plain = int8_peers.plain(
            self.graphs, self.samples(), self.options.folder, self.options.threads)
        precisions = ["int8", "w8", "fp16", "bf16"] + (["mixed"] if self.options.mixed else [])
        source = self.options.model.stat().st_size
        rows = []
        for path in self.options.clips:
            reports = {key: self.verified(key, path, frames) for key in precisions}
            truth = reports["int8"].get("truth") or {}
            first = ratio((truth.get("reference") or {}).get("region"), 3)
            rows.append([path.name, int8_peers.PLAIN, "-", first]
                        + self.simulated(plain, self.clip(path, frames)))
            for key, report in reports.items():
                iou = report["iou"]
                rows.append([
                    path.name, key, ratio(self.files[key].stat().st_size / source, 3), first,
                    ratio(((report.get("truth") or {}).get("freeRunning") or {}).get("region"), 3),
                    ratio(iou["teacherForced"]), ratio(iou["freeRunning"]),
                    decibels(report["logits"]["sqnr"])])
            for row in rows[-len(precisions) - 1:]:
                self.show(row)
        titles = ["clip", "precision", "file over fp32", "J fp32", "J", "IoU teacher-forced",
                  "IoU free-running", "logits SQNR"]
        return (
            f"Masks over {frames} frames, IoU with those of fp32:\n\n"
            + suite.table(titles, rows, text=2))

    def times(self):
        """Calibration over a plain run in turns, and writing w8, at the published size."""
        options = self.options
        model = options.published or self.published()
        clip = options.calibrate[0]
        limits = ["--frames", 6, "--threads", options.threads, "--quiet"]
        commands = {
            "segment": [options.tools / "stm-segment", model, "--clip", clip, "-o",
                        options.folder / "masks", *limits],
            "calibrate": [options.tools / "stm-quantize", "calibrate", model, clip, "-o",
                          options.folder / "statistics.json", *limits],
            "w8": [options.tools / "stm-quantize", model, "-o", options.folder / "w8-published",
                   "--precision", "w8", "--quiet"]}
        seconds = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                start = time.perf_counter()
                suite.run(*command)
                seconds[name].append(time.perf_counter() - start)
        medians = {name: statistics.median(values) for name, values in seconds.items()}
        ratios = [a / b for a, b in zip(seconds["calibrate"], seconds["segment"])]
        rows = [
            [f"segmenting 6 frames of {clip.name}", f"{medians['segment']:.2f}", ""],
            ["calibrating on them", f"{medians['calibrate']:.2f}",
             f"{statistics.median(ratios):.2f}"],
            ["writing w8", f"{medians['w8']:.2f}", ""]]
        return (
            f"Published size, medians of {options.rounds} rounds in turns, {options.threads} "
            f"threads; {suite.machine()}:\n\n"
            + suite.table(["what", "seconds", "over segmenting"], rows))

    def published(self):
        """A model of the published size with seeded random weights."""
        import published
        model = self.options.folder / "published.safetensors"
        if not model.exists():
            graphs = published.graphs(480, 864, 4)
            published.convert(
                self.options.tools, published.export(graphs, self.options.folder), model)
        return model


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser()
    for name in ("tools", "model", "folder"):
        parser.add_argument(name, type=pathlib.Path)
    for name in ("calibrate", "clips"):
        parser.add_argument(f"--{name}", type=pathlib.Path, nargs="+", default=[SAMPLE])
    for name in ("int8", "mixed"):
        parser.add_argument(f"--{name}", default="")
    numbers = {"long-edge": 320, "frames": 12, "mask-frames": 24, "threads": 2, "rounds": 5}
    for name, value in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    tables = ("logits", "masks", "times")
    parser.add_argument("--only", nargs="+", choices=tables, default=tables)
    parser.add_argument("--published", type=pathlib.Path)
    parser.add_argument("--report", type=pathlib.Path)
    options = parser.parse_args()

    comparison = Comparison(options)
    calibration = ", ".join(path.name for path in options.calibrate)
    head = (
        f"Calibrated on {options.frames} frames each of {calibration}; long edge "
        f"{options.long_edge}; {suite.versions(PACKAGES)}.")
    text = "\n\n".join([head] + [getattr(comparison, name)() for name in options.only]) + "\n"
    print(text)
    if options.report:
        options.report.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
