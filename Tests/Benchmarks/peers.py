"""Times stm-verify's programs beside PyTorch, ONNX Runtime and OpenVINO at the published size.

usage: peers.py TOOLS FOLDER [--height 480] [--width 864] [--frames 4] [--threads 2] [--rounds 5]
                [--precisions fp32,bf16,int8] [--arithmetics exact,fast] [--reads 1,4,10,40]
                [--report FILE]

TOOLS holds stm-convert, stm-quantize and stm-verify; FOLDER takes graphs and models of seeded
random weights. Two parts, as people deploy them, one object: memorize (frame and masks to key and
value) and segment (frame and memory to logits), and the memory read alone. Everything runs in
turns: a round measures each peer and each precision of ours once, as the median of three runs
after one that does not count; the median of the rounds counts. A ratio is ours over the best
peer's of the same precision and part. Prints a line of JSON a measurement and, at the end,
Markdown.
needs: torch onnx onnxscript onnxruntime openvino nncf numpy
"""
import argparse
import json
import logging
import pathlib
import statistics
import subprocess
import time
import warnings

import torch
from torch.nn import functional

import published
import runtimes
import suite

PACKAGES = ("torch", "onnxruntime", "openvino", "nncf")
PARTS = ("memorize", "segment")
CLIP = published.HERE.parent.parent / "SampleWeights" / "clip"


def measured(run):
    """The median milliseconds of three runs after one that does not count."""
    run()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def models(options, paths):
    """Our model files by precision."""
    names = {"fp32": "stm", "bf16": "stm-bf16", "int8": "stm-int8"}
    files = {key: options.folder / f"{name}.safetensors" for key, name in names.items()}
    published.convert(options.tools, paths, files["fp32"])
    for precision in set(options.precisions) - {"fp32"}:
        calibration = ["--calibrate", CLIP, "--frames", "3"] if precision == "int8" else []
        subprocess.run(
            [options.tools / "stm-quantize", files["fp32"], "-o", files[precision],
             "--precision", precision, *calibration, "--quiet"], check=True)
    return files


def torch_read(frames, options):
    """The memory read in PyTorch: as the network writes it, and as its attention."""
    keys, values = published.memory(options.height, options.width, frames)
    query, value = (part[:, :, 0] for part in published.memory(options.height, options.width, 1))
    rows = [x.flatten(2).transpose(1, 2).contiguous() for x in (query, keys, values)]
    return {
        "torch": lambda: published.network.read(keys, values, query, value),
        "torch attention": lambda: functional.scaled_dot_product_attention(*rows),
    }


class Record:
    """Measurements by (precision, part, who); prints each."""

    def __init__(self):
        self.times = {}

    def add(self, who, precision, part, value):
        self.times.setdefault((precision, part, who), []).append(value)
        print(json.dumps(dict(
            who=who, precision=precision, part=part, milliseconds=round(value, 3))), flush=True)

    def medians(self, precision, part):
        """The median of the rounds by who."""
        return {
            key[2]: statistics.median(values) for key, values in self.times.items()
            if key[:2] == (precision, part)}


def best(medians):
    """The quickest peer and its median."""
    peers = {who: value for who, value in medians.items() if not who.startswith("ours")}
    return min(peers.items(), key=lambda item: item[1])


def round_of(options, runners, files, record):
    for precision in options.precisions:
        for who, prepare in runners[precision].items():
            for part in PARTS:
                record.add(who, precision, part, measured(prepare(part)))
        for arithmetic in options.arithmetics:
            report = suite.profile(
                options.tools, files[precision], options.height, options.width, options.frames,
                rounds=3, threads=options.threads, fast=arithmetic == "fast")
            for part in PARTS:
                record.add(
                    f"ours, {arithmetic}", precision, part, suite.parts(report)[part])
    for frames in options.reads:
        with torch.inference_mode():
            for who, run in torch_read(frames, options).items():
                record.add(who, "fp32", f"read {frames}", measured(run))
        report = suite.profile(
            options.tools, files["fp32"], options.height, options.width, frames, rounds=3,
            threads=options.threads)
        record.add("ours", "fp32", f"read {frames}", suite.parts(report)["read"])


def summary(options, record):
    """The final tables in Markdown."""
    def rows(precision, part):
        medians = record.medians(precision, part)
        peer, least = best(medians)
        return [
            [precision, part, who, suite.milliseconds(value), f"{value / least:.2f}",
             peer if who.startswith("ours") else ""]
            for who, value in sorted(medians.items(), key=lambda item: item[1])]

    cases = [(precision, part) for precision in options.precisions for part in PARTS]
    cases += [("fp32", f"read {frames}") for frames in options.reads]
    table = suite.table(
        ["precision", "part", "who", "ms", "over the best peer", "best peer"],
        [row for case in cases for row in rows(*case)], text=3)
    return (
        f"{options.height}x{options.width}, {options.frames} frames in memory, one object, "
        f"{options.threads} threads, medians of {options.rounds} rounds; `read T` has T frames in "
        f"memory.\n{suite.machine(PACKAGES)}.\n\n{table}\n")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("tools", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    for name, value in dict(height=480, width=864, frames=4, threads=2, rounds=5).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--precisions", default="fp32,bf16,int8")
    parser.add_argument("--arithmetics", default="exact,fast")
    parser.add_argument("--reads", default="1,4,10,40")
    parser.add_argument("--report", type=pathlib.Path)
    options = parser.parse_args()
    options.precisions = options.precisions.split(",")
    options.arithmetics = options.arithmetics.split(",")
    options.reads = [int(frames) for frames in options.reads.split(",") if frames]
    return options


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    graphs = published.graphs(options.height, options.width, options.frames)
    paths = published.export(graphs, options.folder)
    files = models(options, paths)
    runners = runtimes.runners(graphs, paths, options)
    record = Record()
    for _ in range(options.rounds):
        round_of(options, runners, files, record)
    text = summary(options, record)
    print(text)
    if options.report:
        options.report.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
