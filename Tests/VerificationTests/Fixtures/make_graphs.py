"""Makes the graphs beside this script, each a part of the network of
`Tests/MappingTests/Fixtures/exporters` that computes or hands out something else.

    OMP_NUM_THREADS=1 python make_graphs.py

| file | is |
|---|---|
| `decode-leaky.onnx` | decode with a LeakyRelu for the first ReLU of `Decoder.ResMM` |
| `decode-integers.onnx` | decode in which `Decoder.convFM` is cut down to integers and cast back |
| `decode-turned.onnx` | decode that hands out the logits with height and width exchanged |
| `decode-probability.onnx` | decode that hands out the object's part of the softmax of the logits |
| `decode-negated.onnx` | decode that hands out the logits negated |
| `decode-flat.onnx` | decode whose memory is flat, `[1, C, T * H * W]`, for three frames |
| `query-outputs.onnx` | query that hands out -key as `key` and what is before the last ReLU as `r3` |
| `memorize-objects.onnx` | memorize of two objects, each with a frame of its own; key and value are flat, `[2, C, H * W]` |

Made with Python 3.11, torch 2.15.0, onnx 1.23.2.
"""

import io
import pathlib
import sys

import onnx
import safetensors.torch
import torch
from onnx import TensorProto, helper

FOLDER = pathlib.Path(__file__).parent
EXPORTERS = FOLDER / "../../MappingTests/Fixtures/exporters"
sys.path.insert(0, str(EXPORTERS))

import network


def exported(part):
    return onnx.load(EXPORTERS / f"torchscript-17-unfolded/{part}.onnx")


def behind(model, value, *nodes):
    """Puts `nodes`, which read `VALUE_before`, between `value` and its readers."""
    graph = model.graph
    index, maker = next(
        (index, node) for index, node in enumerate(graph.node) if value in node.output)
    maker.output[list(maker.output).index(value)] = f"{value}_before"
    rest = [onnx.NodeProto.FromString(node.SerializeToString()) for node in graph.node[index + 1:]]
    del graph.node[index + 1:]
    graph.node.extend([*nodes, *rest])
    return model


def leaky():
    model = exported("decode")
    node = next(node for node in model.graph.node if node.op_type == "Relu")
    node.op_type = "LeakyRelu"
    node.attribute.append(helper.make_attribute("alpha", 0.01))
    return model


def integers():
    value = "/Decoder/convFM/Conv_output_0"
    return behind(
        exported("decode"), value,
        helper.make_node("Cast", [f"{value}_before"], ["integers"], to=TensorProto.INT32),
        helper.make_node("Cast", ["integers"], [value], to=TensorProto.FLOAT))


def turned():
    return behind(
        exported("decode"), "logits",
        helper.make_node("Transpose", ["logits_before"], ["logits"], perm=[0, 1, 3, 2]))


def probability():
    model = behind(
        exported("decode"), "logits",
        helper.make_node("Softmax", ["logits_before"], ["both"], axis=1),
        helper.make_node("Split", ["both"], ["background", "logits"], axis=1))
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 1
    return model


def negated():
    return behind(
        exported("decode"), "logits", helper.make_node("Neg", ["logits_before"], ["logits"]))


def outputs():
    model = behind(exported("query"), "key", helper.make_node("Neg", ["key_before"], ["key"]))
    last = next(node for node in model.graph.node if "r3" in node.output)
    inside = "r3_rectified"
    for node in model.graph.node:
        node.input[:] = [inside if name == "r3" else name for name in node.input]
    last.output[:] = [inside]
    model.graph.node.append(helper.make_node("Identity", [last.input[0]], ["r3"]))
    return model


class Objects(network.Memorize):
    def forward(self, frame, mask, others):
        return [value.flatten(2) for value in super().forward(frame, mask, others)]


class Flat(network.Decode):
    def forward(self, keys, values, *query):
        def unflattened(memory):
            return memory.reshape(1, memory.shape[1], 3, 2, 2)

        return super().forward(unflattened(keys), unflattened(values), *query)


def made(part, inputs, outputs, *shapes):
    net = network.Network(network.Size())
    net.load_state_dict(safetensors.torch.load_file(EXPORTERS / "stm.safetensors"))
    buffer = io.BytesIO()
    torch.onnx.export(
        part(net), tuple(torch.rand(*shape) for shape in shapes), buffer, dynamo=False,
        opset_version=17, input_names=inputs, output_names=outputs, do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE)
    return onnx.load_from_string(buffer.getvalue())


def objects():
    return made(
        Objects, ["frame", "mask", "others"], ["key", "value"], (2, 3, 32, 32), (2, 1, 32, 32),
        (2, 1, 32, 32))


def flat():
    return made(
        Flat, ["memory_keys", "memory_values", "query_key", "query_value", "r3", "r2"], ["logits"],
        (1, 2, 12), (1, 3, 12), (1, 2, 2, 2), (1, 3, 2, 2), (1, 16, 4, 4), (1, 8, 8, 8))


for name, make in {
    "decode-leaky": leaky, "decode-integers": integers, "decode-turned": turned,
    "decode-probability": probability, "decode-negated": negated,
    "decode-flat": flat, "query-outputs": outputs, "memorize-objects": objects,
}.items():
    onnx.save(make(), FOLDER / f"{name}.onnx")
