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
import sys
import time
import warnings

import numpy as np
import onnxruntime
import torch

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "MappingTests" / "Fixtures" / "exporters"))
import network  # noqa: E402

warnings.filterwarnings("ignore")
PUBLISHED = network.Size(width=64, blocks=(3, 4, 6), key=128, value=512, decoder=256)


class Segment(network.Step):
    def __init__(self, whole):
        super().__init__(whole, ["Encoder_Q", "KV_Q_r4", "Decoder"], {})

    def forward(self, frame, memory_keys, memory_values):
        r4, r3, r2 = self.module("Encoder_Q")(frame)
        key, value = self.module("KV_Q_r4")(r4)
        readout = network.read(memory_keys, memory_values, key, value)
        return self.module("Decoder")(readout, r3, r2)


def export(options, folder):
    torch.manual_seed(0)
    whole = network.Network(PUBLISHED)
    height, width, frames = options.height, options.width, options.frames
    frame = torch.rand(1, 3, height, width)
    mask = torch.rand(1, 1, height, width)
    cells = (frames, height // 16, width // 16)
    memory = (torch.randn(1, PUBLISHED.key, *cells), torch.randn(1, PUBLISHED.value, *cells))
    graphs = {
        "memorize": (network.Memorize(whole), dict(frame=frame, mask=mask, others=1 - mask)),
        "segment": (
            Segment(whole), dict(frame=frame, memory_keys=memory[0], memory_values=memory[1])),
    }
    for name, (module, feeds) in graphs.items():
        outputs = ["key", "value"] if name == "memorize" else ["logits"]
        torch.onnx.export(
            module, tuple(feeds.values()), str(folder / f"{name}.onnx"), dynamo=False,
            opset_version=17, input_names=list(feeds), output_names=outputs)
    return {
        name: {key: value.numpy() for key, value in feeds.items()}
        for name, (_, feeds) in graphs.items()
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tools", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    for name, value in dict(height=480, width=864, frames=4, threads=2, rounds=3).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    feeds = export(options, options.folder)
    paths = {name: str(options.folder / f"{name}.onnx") for name in feeds}
    model = str(options.folder / "stm.safetensors")
    subprocess.run(
        [options.tools / "stm-convert", *paths.values(), "-o", model, "--quiet"], check=True)

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
