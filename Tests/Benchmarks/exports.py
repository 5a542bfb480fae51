"""Writes exports of a network of the published size: random weights, the real names and shapes.

usage: exports.py FOLDER
needs: numpy onnx h5py safetensors torch

The ONNX files hold their weights and one node, since an import of weights looks at nothing else.
"""
import os
import sys

import h5py
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

KEY, VALUE, DECODER = 128, 512, 256


def convolution(name, outputs, inputs, kernel, bias=False):
    yield f"{name}.weight", (outputs, inputs, kernel, kernel)
    if bias:
        yield f"{name}.bias", (outputs,)


def batch_norm(name, channels):
    for part in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{part}", (channels,)
    yield f"{name}.num_batches_tracked", ()


def trunk(name, inputs):
    for part, channels in inputs:
        yield from convolution(f"{name}.{part}", 64, channels, 7)
    yield from batch_norm(f"{name}.bn1", 64)
    before = 64
    for stage, (blocks, width) in enumerate([(3, 64), (4, 128), (6, 256)], start=2):
        for block in range(blocks):
            here = f"{name}.res{stage}.{block}"
            for number, (outputs, channels, kernel) in enumerate(
                [(width, before, 1), (width, width, 3), (4 * width, width, 1)], start=1
            ):
                yield from convolution(f"{here}.conv{number}", outputs, channels, kernel)
                yield from batch_norm(f"{here}.bn{number}", outputs)
            if block == 0:
                yield from convolution(f"{here}.downsample.0", 4 * width, before, 1)
                yield from batch_norm(f"{here}.downsample.1", 4 * width)
            before = 4 * width
    for part in ("mean", "std"):
        yield f"{name}.{part}", (1, 3, 1, 1)


def key_value(name):
    yield from convolution(f"{name}.Key", KEY, 1024, 3, bias=True)
    yield from convolution(f"{name}.Value", VALUE, 1024, 3, bias=True)


def residual(name):
    for part in ("conv1", "conv2"):
        yield from convolution(f"{name}.{part}", DECODER, DECODER, 3, bias=True)


def decoder():
    yield from convolution("Decoder.convFM", DECODER, 2 * VALUE, 3, bias=True)
    yield from residual("Decoder.ResMM")
    for part, channels in (("RF3", 512), ("RF2", 256)):
        yield from convolution(f"Decoder.{part}.convFS", DECODER, channels, 3, bias=True)
        yield from residual(f"Decoder.{part}.ResFS")
        yield from residual(f"Decoder.{part}.ResMM")
    yield from convolution("Decoder.pred2", 2, DECODER, 3, bias=True)


random = np.random.default_rng(0)


def tensors(names_and_shapes):
    return {
        name: np.array(1, np.int64)
        if name.endswith("num_batches_tracked")
        else random.uniform(0.01, 0.1, shape).astype(np.float32)
        for name, shape in names_and_shapes
    }


parts = {
    "memorize": tensors(
        [*trunk("Encoder_M", [("conv1", 3), ("conv1_m", 1), ("conv1_o", 1)])]
        + [*key_value("KV_M_r4")]
    ),
    "query": tensors([*trunk("Encoder_Q", [("conv1", 3)]), *key_value("KV_Q_r4")]),
    "decode": tensors(decoder()),
}
everything = {name: value for part in parts.values() for name, value in part.items()}

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
save_file(everything, f"{folder}/stm.safetensors")
torch.save(
    {f"module.{name}": torch.from_numpy(value) for name, value in everything.items()},
    f"{folder}/stm.pth",
)
with h5py.File(f"{folder}/stm.h5", "w") as file:
    for name, value in everything.items():
        file.create_dataset(name, data=value)
for part, values in parts.items():
    edges = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        part,
        edges[:1],
        edges[1:],
        [numpy_helper.from_array(v, n) for n, v in values.items() if v.dtype == np.float32],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    onnx.save(model, f"{folder}/{part}.onnx")
print(f"{sum(value.size for value in everything.values())} elements, {len(everything)} tensors")
