"""Makes the models beside this script, with onnx, onnxruntime, ml_dtypes, numpy and safetensors.

    python make.py

Each NAME.onnx is one operator that moves, selects or counts elements, with its operands as inputs;
NAME.safetensors holds inputs and what ONNX Runtime computed, or the reference evaluator of onnx
where ONNX Runtime has no kernel or another idea (`reference=True`).

NAME-any.onnx takes operands of any shape; the tests give it operands that do not fit.
"""

import pathlib

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save_file

folder = pathlib.Path(__file__).parent
generator = np.random.default_rng(0)


def case(name, kind, inputs, opset, outputs=1, reference=False, result=None, **attributes):
    keys = [key or "" for key, _ in inputs]
    feeds = {key: value for key, value in inputs if key}
    types = {key: onnx.helper.np_dtype_to_tensor_dtype(value.dtype)
             for key, value in feeds.items()}
    results = [f"y{index}" for index in range(outputs)]
    made = onnx.helper.make_model(
        onnx.helper.make_graph(
            [onnx.helper.make_node(kind, keys, results, **attributes)], "graph",
            [onnx.helper.make_tensor_value_info(key, types[key], value.shape)
             for key, value in feeds.items()],
            [onnx.helper.make_tensor_value_info(key, result or types[keys[0]], None)
             for key in results]),
        ir_version=8 if opset < 21 else 10, opset_imports=[onnx.helper.make_opsetid("", opset)])
    onnx.save(made, folder / f"{name}.onnx")
    if reference:
        found = ReferenceEvaluator(made).run(None, feeds)
    else:
        found = onnxruntime.InferenceSession(made.SerializeToString()).run(None, feeds)
    save_file(
        {key: np.ascontiguousarray(value).reshape(value.shape) for key, value in (
            [(f"input/{key}", value) for key, value in feeds.items()]
            + [(f"output/{key}", value) for key, value in zip(results, found)])},
        folder / f"{name}.safetensors")


def numbers(*shape, dtype=np.float32):
    return generator.normal(size=shape).astype(dtype)


def whole(*values, dtype=np.int64):
    return np.array(values, dtype)


x = numbers(2, 3, 4)
image = numbers(2, 8, 4, 6)
counts = np.arange(24).reshape(2, 3, 4)

case("concat-inner", "Concat", [("a", numbers(2, 3, 1)), ("b", x), ("c", numbers(2, 3, 0))], 13,
     axis=-1)
case("concat-channels-opset6", "Concat", [("a", image), ("b", numbers(2, 3, 4, 6))], 6, axis=1)
case("concat-bool", "Concat", [("a", x > 0), ("b", x < 0)], 13, axis=0)
case("split-attribute", "Split", [("x", x)], 6, outputs=2, axis=2, split=[1, 3])
case("split-evenly", "Split", [("x", x)], 11, outputs=3, axis=-2)
case("split-input", "Split", [("x", x), ("split", whole(0, 3))], 13, outputs=2, axis=1)
case("split-unevenly", "Split", [("x", numbers(7, 2))], 18, outputs=3, num_outputs=3)
case("reshape-copied-and-free", "Reshape", [("x", x), ("shape", whole(0, -1, 2))], 6)
case("reshape-zero", "Reshape", [("x", numbers(0, 3)), ("shape", whole(3, 0, 4))], 14, allowzero=1)
case("reshape-scalar", "Reshape", [("x", numbers(1)), ("shape", whole())], 13)
case("flatten-negative", "Flatten", [("x", x)], 13, axis=-1)
case("squeeze-attribute", "Squeeze", [("x", numbers(1, 3, 1))], 6, axes=[2])
case("squeeze-all", "Squeeze", [("x", numbers(1, 3, 1))], 13)
case("squeeze-input", "Squeeze", [("x", numbers(1, 3, 1)), ("axes", whole(-3))], 13)
case("unsqueeze-attribute", "Unsqueeze", [("x", x)], 11, axes=[-1, 0])
case("unsqueeze-input", "Unsqueeze", [("x", x), ("axes", whole(3, 1))], 13)
case("transpose-default", "Transpose", [("x", counts)], 13)
case("transpose-four-axes", "Transpose", [("x", image)], 6, perm=[0, 2, 3, 1])
case("transpose-over-tiles", "Transpose", [("x", np.arange(70 * 3 * 35).astype(np.uint8).reshape(
    70, 3, 35))], 13, perm=[2, 1, 0])
case("transpose-bfloat16", "Transpose", [("x", x.astype(ml_dtypes.bfloat16))], 13,
     reference=True, perm=[1, 0, 2])
case("depth-to-space-dcr", "DepthToSpace", [("x", image)], 6, blocksize=2)
case("depth-to-space-crd", "DepthToSpace", [("x", image)], 11, blocksize=2, mode="CRD")
case("space-to-depth", "SpaceToDepth", [("x", image)], 13, blocksize=2)
case("expand", "Expand", [("x", numbers(3, 1)), ("shape", whole(2, 1, 4))], 8)
case("expand-scalar", "Expand", [("x", np.array(2.5, np.float32)), ("shape", whole(2, 3))], 13)
case("tile", "Tile", [("x", x), ("repeats", whole(2, 1, 3))], 6)
case("tile-no-times", "Tile", [("x", x), ("repeats", whole(2, 0, 3))], 13)

case("pad-attribute", "Pad", [("x", x)], 6, pads=[0, 1, 2, 1, 0, 1], value=1.5)
case("pad-cropping", "Pad", [
    ("x", x), ("pads", whole(0, -1, 1, 1, 0, -2)), ("value", np.array(3, np.float32))], 13)
case("pad-axes", "Pad", [
    ("x", counts), ("pads", whole(1, 2, 0, 1)), (None, None), ("axes", whole(-1, 0))], 18)
for mode in ["reflect", "edge", "wrap"]:
    case(f"pad-{mode}", "Pad", [("x", x), ("pads", whole(1, 2, 3, 0, 1, 2))], 19, mode=mode)
    case(f"pad-{mode}-cropping", "Pad", [("x", x), ("pads", whole(0, 0, 1, 0, 0, -1))], 19,
         mode=mode)
case("pad-wrap-more-than-once", "Pad", [("x", x), ("pads", whole(0, 0, 9, 0, 0, 6))], 19,
     reference=True, mode="wrap")
case("pad-reflect-more-than-once", "Pad", [("x", x), ("pads", whole(0, 0, 9, 0, 0, 8))], 19,
     reference=True, mode="reflect")
case("pad-bool", "Pad", [("x", x > 0), ("pads", whole(0, 0, 1, 0, 0, 0))], 13)

most = np.iinfo(np.int64).max
case("slice-attributes", "Slice", [("x", x)], 6, axes=[0, 2], starts=[-1, 1], ends=[most, -1])
case("slice-steps", "Slice", [
    ("x", counts), ("starts", whole(5, most)), ("ends", whole(0, -most - 1)),
    ("axes", whole(2, 1)), ("steps", whole(-2, -1))], 13)
case("slice-default-axes", "Slice", [
    ("x", x), ("starts", whole(0, 1, dtype=np.int32)), ("ends", whole(9, 2, dtype=np.int32))], 10)
case("slice-nothing", "Slice", [
    ("x", x), ("starts", whole(3)), ("ends", whole(1)), ("axes", whole(2))], 13)
case("slice-huge-step", "Slice", [
    ("x", x), ("starts", whole(1)), ("ends", whole(most)), ("axes", whole(2)),
    ("steps", whole(most))], 13)
case("gather-rows", "Gather", [("x", x), ("i", whole(1, -2, 1, dtype=np.int32))], 11, axis=1)
case("gather-scalar", "Gather", [("x", counts), ("i", np.array(-1))], 13, axis=2)
case("gather-matrix", "Gather", [("x", x), ("i", whole([0, 3], [2, 1]))], 13, axis=-1)
case("gather-elements", "GatherElements", [
    ("x", x), ("i", generator.integers(-4, 4, (2, 2, 5)))], 13, axis=2)
case("gather-nd", "GatherND", [("x", x), ("i", whole([[0, 2]], [[1, -1]]))], 11)
case("gather-nd-batch", "GatherND", [("x", x), ("i", whole([[2], [0]], [[1], [1]]))], 13,
     batch_dims=1)
for reduction, values in [
        ("none", x), ("add", counts), ("mul", x.astype(np.float64)), ("min", counts), ("max", x)]:
    opset = 16 if reduction in ["none", "add", "mul"] else 18
    index = generator.integers(-3, 3, (2, 3, 4)) if reduction != "none" else np.stack(
        [np.stack([generator.permutation(3)[:2] for _ in range(4)], 1) for _ in range(2)])
    updates = (generator.normal(size=index.shape) * 9).astype(values.dtype)
    case(f"scatter-elements-{reduction}", "ScatterElements", [
        ("x", values), ("i", index), ("u", updates)], opset, axis=1, reduction=reduction)
    index = whole([[1, 0], [0, -1]]) if reduction == "none" else whole([[1, 0], [1, -3]])
    updates = (generator.normal(size=(1, 2, 4)) * 9).astype(values.dtype)
    case(f"scatter-nd-{reduction}", "ScatterND", [
        ("x", values), ("i", index), ("u", updates)], opset, reduction=reduction)
case("scatter", "Scatter", [("x", x), ("i", whole([[2, 0]])), ("u", numbers(1, 1, 2))], 9,
     axis=2)
case("scatter-int8-wraps", "ScatterElements", [
    ("x", whole(100, -100, 3, dtype=np.int8)), ("i", whole(0, 1)),
    ("u", whole(100, -100, dtype=np.int8))], 18, reduction="add")

case("shape", "Shape", [("x", x)], 13, result=onnx.TensorProto.INT64)
case("shape-part", "Shape", [("x", x)], 15, result=onnx.TensorProto.INT64, start=-2, end=9)
case("shape-nothing", "Shape", [("x", x)], 15, result=onnx.TensorProto.INT64, start=2, end=1)
case("size", "Size", [("x", x)], 13, result=onnx.TensorProto.INT64)
case("constant-of-shape", "ConstantOfShape", [("shape", whole(2, 3))], 9,
     result=onnx.TensorProto.FLOAT)
case("constant-of-shape-bool", "ConstantOfShape", [("shape", whole(2, 0))], 13,
     result=onnx.TensorProto.BOOL,
     value=onnx.helper.make_tensor("value", onnx.TensorProto.BOOL, [1], [True]))
case("constant-of-shape-scalar", "ConstantOfShape", [("shape", whole())], 13,
     result=onnx.TensorProto.INT32,
     value=onnx.helper.make_tensor("value", onnx.TensorProto.INT32, [1], [-7]))
for name, values in [
        ("float", np.array([1.5, -3, -0.7], np.float32)), ("int32", whole(-4, 9, 3, dtype=np.int32)),
        ("nothing", whole(4, 4, 1)), ("widest", whole(-most - 1, most, 1 << 62)),
        ("double", np.array([0, 1, 0.1]))]:
    case(f"range-{name}", "Range", [
        (key, np.array(value)) for key, value in zip(["start", "limit", "delta"], values)], 11)
case("non-zero", "NonZero", [("x", generator.integers(0, 2, (2, 3, 4)))], 13)
case("non-zero-scalar", "NonZero", [("x", whole(7).reshape(()))], 13, reference=True)
case("non-zero-bool", "NonZero", [("x", x > 0)], 13, result=onnx.TensorProto.INT64)


def any_shape(kind, inputs, opset=21, outputs=1, name=None, types={}, **attributes):
    """`inputs` are names; those that start with an upper-case letter are INT64, others FLOAT."""
    results = [f"y{index}" for index in range(outputs)]

    def info(key):
        kind = onnx.TensorProto.INT64 if key[0].isupper() else onnx.TensorProto.FLOAT
        return onnx.helper.make_tensor_value_info(key, types.get(key, kind), None)

    node = onnx.helper.make_node(kind, inputs, results, name="node", **attributes)
    graph = onnx.helper.make_graph(
        [node], "graph", [info(key) for key in inputs if key], [info(key) for key in results])
    made = onnx.helper.make_model(
        graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", opset)])
    onnx.save(made, folder / f"{name or kind.lower()}-any.onnx")


any_shape("Reshape", ["x", "Shape"])
any_shape("Flatten", ["x"], axis=3)
any_shape("Squeeze", ["x", "Axes"])
any_shape("Unsqueeze", ["x", "Axes"])
any_shape("Unsqueeze", ["x"], name="unsqueeze-nowhere")
any_shape("Squeeze", ["x"], name="squeeze-attribute", axes=[0])
any_shape("Slice", ["x", "Starts", "Ends"], opset=9, name="slice-inputs")
any_shape("Pad", ["x", "Pads", "", "Axes"], opset=13, name="pad-early-axes")
any_shape("Transpose", ["x"], perm=[0, 2, 2])
any_shape("DepthToSpace", ["x"], blocksize=2)
any_shape("SpaceToDepth", ["x"], blocksize=2)
any_shape("SpaceToDepth", ["x"], blocksize=0, name="spacetodepth-block-0")
any_shape("DepthToSpace", ["x"], blocksize=2, mode="RDC", name="depthtospace-unknown-mode")
any_shape("Concat", ["x", "z"], axis=1)
any_shape("Concat", ["x", "I"], axis=0, name="concat-types")
any_shape("Concat", ["x"], name="concat-nowhere")
any_shape("Split", ["x", "Split"], outputs=2)
any_shape("Split", ["x"], opset=13, outputs=2, name="split-evenly")
any_shape("Split", ["x"], outputs=2, num_outputs=3, name="split-otherwise")
any_shape("Expand", ["x", "Shape"])
any_shape("Tile", ["x", "Repeats"])
any_shape("Pad", ["x", "Pads"])
any_shape("Pad", ["x", "Pads"], mode="reflect", name="pad-reflect")
any_shape("Pad", ["x", "Pads"], mode="wrap", opset=18, name="pad-wrap")
any_shape("Pad", ["x", "Pads", "I"], name="pad-types")
any_shape("Pad", ["x", "Pads", "", "Axes"], name="pad-axes")
any_shape("Slice", ["x", "Starts", "Ends", "Axes", "Steps"])
any_shape("Gather", ["x", "I"], axis=-1)
any_shape("GatherElements", ["x", "I"])
any_shape("GatherND", ["x", "I"], batch_dims=1)
any_shape("GatherND", ["x", "I"], batch_dims=-(1 << 63), name="gathernd-negative")
any_shape("ScatterElements", ["x", "I", "u"])
any_shape("ScatterND", ["x", "I", "u"])
any_shape("ScatterND", ["x", "I", "u"], reduction="mean", name="scatternd-unknown-reduction")
any_shape("ConstantOfShape", ["Shape"])
any_shape("ConstantOfShape", ["Shape"], name="constantofshape-two-values",
          value=onnx.helper.make_tensor("value", onnx.TensorProto.FLOAT, [2], [1, 2]))
any_shape("Range", ["start", "limit", "delta"])
any_shape("Range", ["Start", "Limit", "Delta"], name="range-integers")
