"""Makes graphs that compute something else than their names say, out of ../exporters.

usage: make.py
needs: onnx

- `names.onnx`: two kernels of one shape have each other's names;
- `activation.onnx`: the stem lacks its ReLU;
- `order.onnx`: the batch norm of res2.0.conv1 stands behind its ReLU;
- `pooling.onnx`: the stem's pooling has a window of 2;
- `nearest.onnx`: the decoder's upsampling repeats pixels.
"""
import pathlib

import onnx
from onnx import helper

here = pathlib.Path(__file__).parent
exports = here.parent / "exporters" / "torchscript-17-unfolded"


def change(source, name, edit):
    model = onnx.load(exports / source)
    edit(model.graph)
    onnx.save(model, here / name)


def swap(graph):
    pair = ["res2.0.conv2.weight", "res2.1.conv2.weight"]
    found = [t for t in graph.initializer if any(t.name.endswith(p) for p in pair)]
    assert len(found) == 2
    names = {found[0].name: found[1].name, found[1].name: found[0].name}
    for tensor in found:
        tensor.name = names[tensor.name]
    for node in graph.node:
        for index, value in enumerate(node.input):
            node.input[index] = names.get(value, value)


def first(graph, kind):
    return next(node for node in graph.node if node.op_type == kind)


def drop(graph):
    relu = first(graph, "Relu")
    for node in graph.node:
        for index, value in enumerate(node.input):
            if value == relu.output[0]:
                node.input[index] = relu.input[0]
    graph.node.remove(relu)


def turn(graph):
    norm = [n for n in graph.node if n.op_type == "BatchNormalization"][1]
    relu = next(n for n in graph.node if n.op_type == "Relu" and n.input[0] == norm.output[0])
    norm.input[0], relu.input[0] = relu.output[0], norm.input[0]
    norm.output[0], relu.output[0] = relu.output[0], norm.output[0]
    norm.input[0] = relu.output[0]
    index = [i for i, n in enumerate(graph.node) if n.output[0] == norm.output[0]][0]
    copy = helper.make_node("Relu", list(relu.input), list(relu.output))
    graph.node.remove(relu)
    graph.node.insert(index, copy)


def pool(graph):
    for attribute in first(graph, "MaxPool").attribute:
        if attribute.name == "kernel_shape":
            attribute.ints[:] = [2, 2]
        if attribute.name == "pads":
            attribute.ints[:] = [0, 0, 0, 0]


def repeat(graph):
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Resize" and attribute.name == "mode":
                attribute.s = b"nearest"


change("query.onnx", "names.onnx", swap)
change("query.onnx", "activation.onnx", drop)
change("query.onnx", "order.onnx", turn)
change("query.onnx", "pooling.onnx", pool)
change("decode.onnx", "nearest.onnx", repeat)
