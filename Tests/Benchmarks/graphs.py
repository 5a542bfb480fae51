"""Times the interpreter of ONNX graphs beside ONNX Runtime, on graphs of the published size.

usage: graphs.py TOOLS FOLDER [--height 480] [--width 864] [--frames 4] [--threads 2] [--rounds 3]

TOOLS holds stm-convert and stm-verify; FOLDER takes the graphs, random weights of 156 MB, and the
model. Two graphs, as people deploy them: memorize (frame and masks to key and value) and segment
(frame and memory to logits). Each round runs both programs once after another; the least of the
rounds counts. Prints a line of JSON a graph.
needs: torch onnx onnxruntime numpy
"""
import argparse
import json
import pathlib
import subprocess
import time
import warnings

import numpy as np
import onnxruntime

import published

warnings.filterwarnings("ignore")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tools", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    for name, value in dict(height=480, width=864, frames=4, threads=2, rounds=3).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    graphs = published.graphs(options.height, options.width, options.frames)
    paths = published.export(graphs, options.folder)
    feeds = {
        graph: {name: tensor.numpy() for name, tensor in inputs.items()}
        for graph, (_, inputs) in graphs.items()}
    model = str(options.folder / "stm.safetensors")
    published.convert(options.tools, paths, model)

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    seconds = {name: {"stm-verify": [], "onnxruntime": []} for name in feeds}
    for _ in range(options.rounds):
        for name, path in paths.items():
            session = onnxruntime.InferenceSession(
                path, settings, providers=["CPUExecutionProvider"])
            session.run(None, feeds[name])
            for _ in range(3):
                start = time.perf_counter()
                session.run(None, feeds[name])
                seconds[name]["onnxruntime"].append(time.perf_counter() - start)
            del session
            report = subprocess.run(
                [options.tools / "stm-verify", "source", model, path, "--timing", "--json",
                 "--threads", str(options.threads)], check=True, capture_output=True)
            seconds[name]["stm-verify"].append(json.loads(report.stdout)["timing"][0]["seconds"])
    for name, times in seconds.items():
        best = {peer: round(float(np.min(values)), 3) for peer, values in times.items()}
        print(json.dumps(
            {"graph": name, **best, "ratio": round(best["stm-verify"] / best["onnxruntime"], 2)}))


if __name__ == "__main__":
    main()
