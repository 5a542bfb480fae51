"""Makes small graphs whose kernels are computed from constants, or lie in blocks of channels.

Needs numpy, onnx and safetensors. What the graphs compute is written beside them as safetensors,
worked out by NumPy in binary64 and rounded once. onnxruntime writes blocks of 8 only on processors
without 512-bit vectors, so the graphs with blocks are written here, by its layout.
"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file, save_file

FOLDER = pathlib.Path(__file__).parent
BLOCKS = "com.microsoft.nchwc"
random = np.random.default_rng(1)


def numbers(*shape):
    return random.uniform(0.5, 2, shape).astype(np.float32)


def save(name, nodes, constants, outputs):
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None) for output in outputs],
        [numpy_helper.from_array(value, key) for key, value in constants.items()])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(BLOCKS, 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), FOLDER / f"{name}.onnx")


def convolution(weight, bias=None, read="x", makes="y", domain="", **attributes):
    inputs = [read, weight] + ([bias] if bias else [])
    return helper.make_node(
        "Conv", inputs, [makes], domain=domain, pads=[1, 1, 1, 1], **attributes)


def computed():
    kernel, scale, shift = numbers(2, 3, 3, 3), numbers(2), numbers(3, 1, 1)
    constants = {
        "kernel": kernel, "scale": scale, "shift": shift, "two": np.array(2, np.float32),
        "half": np.array([0.5], np.float32), "minus_half": np.array(-0.5, np.float32),
        "axes": np.array([1, 2, -1], np.int64), "front": np.array([0], np.int64),
        "shape": np.array([0, -1, 9], np.int64), "counts": np.array([3, 4], np.int64),
    }
    nodes, truth = [], {}
    k, s, t = (value.astype(np.float64) for value in (kernel, scale, shift))

    def node(operator, inputs, output, value, **attributes):
        nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        truth[output] = np.ascontiguousarray(value.astype(np.float32))
        return value

    node("Cast", ["counts"], "cast", np.array([3.0, 4.0]), to=TensorProto.FLOAT)
    node("Add", ["kernel", "shift"], "add", k + t)
    node("Sub", ["shift", "kernel"], "sub", t - k)
    root = node("Sqrt", ["scale"], "sqrt", np.sqrt(s))
    one = node("Reciprocal", ["sqrt"], "reciprocal", 1 / root)
    node("Neg", ["reciprocal"], "neg", -one)
    node("Pow", ["scale", "two"], "square", s**2)
    node("Pow", ["scale", "half"], "root", np.sqrt(s))
    node("Pow", ["scale", "minus_half"], "reciprocal_root", 1 / np.sqrt(s))
    wide = node("Unsqueeze", ["reciprocal", "axes"], "unsqueeze", one.reshape(2, 1, 1, 1))
    folded = node("Mul", ["kernel", "unsqueeze"], "mul", k * wide)
    node("Div", ["unsqueeze", "kernel"], "div", wide / k)
    turned = node(
        "Transpose", ["mul"], "transpose", folded.transpose(1, 3, 0, 2), perm=[1, 3, 0, 2])
    node("Transpose", ["transpose"], "reversed", turned.transpose())
    node("Reshape", ["mul", "shape"], "reshape", folded.reshape(2, 3, 9))
    more = node("Unsqueeze", ["scale", "front"], "more", s[None])
    node("Squeeze", ["more", "front"], "squeeze", more[0])
    outputs = list(truth)
    nodes.append(convolution("mul", "sqrt"))
    save("computed", nodes, constants, ["y"] + outputs)
    save_file(truth, FOLDER / "computed.safetensors")


def refused():
    kernel = numbers(2, 3, 3, 3)
    save(
        "unknown",
        [helper.make_node("Softmax", ["kernel"], ["soft"]),
         helper.make_node("Neg", ["soft"], ["weight"]), convolution("weight")],
        {"kernel": kernel}, ["y"])
    save(
        "outer",
        [helper.make_node("Mul", ["column", "row"], ["weight"]), convolution("weight")],
        {"column": numbers(64, 1, 1, 1), "row": numbers(1, 64, 1, 1)}, ["y"])
    doubling = [
        helper.make_node("Add", [f"d{step}", f"d{step}"], [f"d{step + 1}"]) for step in range(70)]
    save("doubling", doubling + [convolution("d70")], {"d0": kernel}, ["y"])


def named():
    """What onnxoptimizer made of `query`, whose constants have the network's names again."""
    exporters = FOLDER.parent / "exporters"
    truth = load_file(exporters / "stm.safetensors")
    model = onnx.load(exporters / "onnxoptimizer" / "query.onnx")
    names = {}
    for constant in model.graph.initializer:
        values = numpy_helper.to_array(constant)
        names[constant.name] = next(
            (name for name, tensor in truth.items()
             if name.startswith(("Encoder_Q.", "KV_Q_r4.")) and name not in names.values()
             and tensor.shape == values.shape and np.array_equal(tensor, values)), constant.name)
        constant.name = names[constant.name]
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
    onnx.save(model, FOLDER / "named.onnx")


def in_blocks(kernel, size, reads_blocks):
    """The kernel with zeros behind its output channels, in blocks of `size`."""
    made, read, height, width = kernel.shape
    padded = np.zeros((-(-made // size) * size, read, height, width), np.float32)
    padded[:made] = kernel
    inner = size if reads_blocks else 1
    blocks = padded.reshape(len(padded) // size, size, read // inner, inner, height, width)
    return np.ascontiguousarray(blocks.transpose(0, 2, 4, 5, 3, 1)).reshape(padded.shape)


def filled(bias, size):
    return np.pad(bias, (0, -len(bias) % size))


def blocks():
    """A convolution of `x`, as it is, and one of its result."""
    def graph(name, first, second, size, said=None, spoil=()):
        constants = {
            "first": in_blocks(first, size, False), "second": in_blocks(second, size, True),
            "first_bias": filled(numbers(len(first)), size),
            "second_bias": filled(numbers(len(second)), size),
        }
        biases = {
            "Conv#0 bias": constants["first_bias"][: len(first)],
            "Conv#2 bias": constants["second_bias"][: len(second)],
        }
        for key in spoil:
            constants[key].reshape(-1)[-1] = 1
        nodes = [
            convolution("first", "first_bias", makes="a", domain=BLOCKS, activation="Relu"),
            helper.make_node("Relu", ["a"], ["b"]),
            convolution("second", "second_bias", "b", "c", BLOCKS),
            helper.make_node(
                "ReorderOutput", ["c"], ["y"], domain=BLOCKS, channels=said or len(second)),
        ]
        save(name, nodes, constants, ["y"])
        return {"Conv#0 kernel": first, "Conv#2 kernel": second} | {
            key: value for key, value in biases.items()
            if len(value) % size}

    save_file(graph("blocks-8", numbers(8, 3, 3, 3), numbers(11, 8, 3, 3), 8),
              FOLDER / "blocks-8.safetensors")
    save_file(graph("blocks-16", numbers(16, 8, 3, 3), numbers(2, 16, 1, 3), 16),
              FOLDER / "blocks-16.safetensors")
    graph("blocks-open", numbers(16, 3, 3, 3), numbers(16, 16, 1, 1), 16)
    few, many = numbers(8, 3, 3, 3), numbers(5, 8, 1, 1)
    graph("blocks-filled", few, many, 8, spoil=["second"])
    graph("blocks-filled-bias", few, many, 8, spoil=["second_bias"])
    graph("blocks-contradiction", few, many, 8, said=20)


computed()
refused()
named()
blocks()
