"""The published network with seeded random weights, and its graphs as people deploy them.

Two graphs: memorize (frame and masks to key and value) and segment (frame and memory to logits).
needs: torch onnx onnxscript
"""
import pathlib
import subprocess
import sys

import torch

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "MappingTests" / "Fixtures" / "exporters"))
import network  # noqa: E402

PUBLISHED = network.Size(width=64, blocks=(3, 4, 6), key=128, value=512, decoder=256)


class Segment(network.Step):
    def __init__(self, whole):
        super().__init__(whole, ["Encoder_Q", "KV_Q_r4", "Decoder"], {})

    def forward(self, frame, memory_keys, memory_values):
        r4, r3, r2 = self.module("Encoder_Q")(frame)
        key, value = self.module("KV_Q_r4")(r4)
        readout = network.read(memory_keys, memory_values, key, value)
        return self.module("Decoder")(readout, r3, r2)


def graphs(height, width, frames):
    """By name: the module, and a tensor for each of its inputs in order."""
    torch.manual_seed(0)
    whole = network.Network(PUBLISHED)
    frame = torch.rand(1, 3, height, width)
    mask = torch.rand(1, 1, height, width)
    keys, values = memory(height, width, frames)
    return {
        "memorize": (network.Memorize(whole), dict(frame=frame, mask=mask, others=1 - mask)),
        "segment": (Segment(whole), dict(frame=frame, memory_keys=keys, memory_values=values)),
    }


def memory(height, width, frames):
    """Keys [1, 128, T, h, w] and values [1, 512, T, h, w]."""
    cells = (frames, height // 16, width // 16)
    return torch.randn(1, PUBLISHED.key, *cells), torch.randn(1, PUBLISHED.value, *cells)


def export(graphs, folder):
    """Writes each graph as NAME.onnx; returns the paths by name."""
    paths = {}
    for name, (module, feeds) in graphs.items():
        paths[name] = str(folder / f"{name}.onnx")
        outputs = ["key", "value"] if name == "memorize" else ["logits"]
        torch.onnx.export(
            module, tuple(feeds.values()), paths[name], dynamo=False, opset_version=17,
            input_names=list(feeds), output_names=outputs)
    return paths


def convert(tools, paths, model):
    """Imports the graphs with stm-convert."""
    subprocess.run(
        [tools / "stm-convert", *paths.values(), "-o", model, "--quiet"], check=True)
