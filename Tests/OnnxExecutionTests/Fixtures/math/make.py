"""Writes the cases of this folder: NAME.onnx and NAME.safetensors, with `input/...` and `output/...`.

The outputs are ONNX Runtime's; the reference evaluator of the package onnx (`reference=True`) gives
those of bfloat16 numbers, of random numbers and of what ONNX Runtime has no kernel for. For operator
set 6, which neither of them runs, NumPy computes them. Models named NAME-refused have no outputs.

Versions: onnx 1.23, onnxruntime 1.32, numpy 2, ml_dtypes.
"""

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save_file

random = np.random.default_rng(6)
BF16 = ml_dtypes.bfloat16


def element_type(array):
    return helper.np_dtype_to_tensor_dtype(array.dtype)


def model(nodes, inputs, opset, types=None):
    """A model whose graph hands out every output of `nodes`, with `types` where not the first's."""
    first = element_type(next(iter(inputs.values())))
    names = [name for node in nodes for name in node.output if name]
    graph = helper.make_graph(
        nodes,
        "case",
        [helper.make_tensor_value_info(n, element_type(a), a.shape) for n, a in inputs.items()],
        [helper.make_tensor_value_info(n, (types or {}).get(n, first), None) for n in names],
    )
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="make.py")


def case(name, nodes, inputs, opset=13, types=None, reference=False, expected=None):
    made = model(nodes, inputs, opset, types)
    onnx.save(made, f"{name}.onnx")
    if expected is None:
        names = [output.name for output in made.graph.output]
        if reference:
            session = ReferenceEvaluator(made)
        else:
            session = onnxruntime.InferenceSession(made.SerializeToString())
        expected = dict(zip(names, session.run(names, inputs)))
    # Shapes are part of what is expected.
    tensors = {f"input/{n}": np.ascontiguousarray(a).reshape(a.shape) for n, a in inputs.items()}
    for n, a in expected.items():
        a = np.asarray(a)
        tensors[f"output/{n}"] = np.ascontiguousarray(a).reshape(a.shape)
    save_file(tensors, f"{name}.safetensors")


def refused(name, nodes, inputs, opset=13, types=None):
    onnx.save(model(nodes, inputs, opset, types), f"{name}-refused.onnx")


def node(operator, inputs, output=None, **attributes):
    output = output or operator.lower()
    return helper.make_node(operator, inputs.split(), output.split(), **attributes)


def numbers(*shape, dtype=np.float32, scale=2):
    return np.asarray(random.standard_normal(shape) * scale).astype(dtype)


def integers(low, high, *shape, dtype=np.int64):
    return random.integers(low, high, shape, dtype=dtype, endpoint=True)


def unary():
    signed = "Neg Abs Sign Exp Floor Ceil Erf Relu LeakyRelu Elu Selu Softplus Sigmoid Tanh HardSigmoid"
    positive = "Sqrt Log Reciprocal"
    nodes = [node(o, "x") for o in (signed + " Round").split()] + [node(o, "p") for o in positive.split()]
    nodes += [
        node("LeakyRelu", "x", "leaky_set", alpha=0.3),
        node("Elu", "x", "elu_set", alpha=0.7),
        node("Selu", "x", "selu_set", alpha=1.5, gamma=1.25),
        node("HardSigmoid", "x", "hard_set", alpha=0.5, beta=0.25),
    ]
    edges = np.array([0.5, 1.5, -2.5, 0.0, -0.0, 20, -20, 90, -90])
    for label, dtype in ("f32", np.float32), ("f64", np.float64), ("f16", np.float16), ("bf16", BF16):
        x = np.concatenate([numbers(7), edges]).astype(dtype)
        p = np.abs(numbers(6)).astype(dtype)
        if label == "f16":
            x[-2:] = 9, -9
        kept = nodes if label in ("f32",) else [n for n in nodes if n.op_type not in ("Erf", "Selu", "Elu")]
        case(f"unary-{label}", kept, {"x": x, "p": p}, 22 if label == "bf16" else 14,
             reference=label in ("f16", "f64", "bf16"))
    specials = np.array([np.nan, np.inf, -np.inf, 1, -1], np.float32)
    case("unary-non-finite", [node(o, "x") for o in
         "Neg Abs Exp Floor Ceil Round Relu LeakyRelu Elu Sigmoid Tanh Reciprocal".split()], {"x": specials})
    x = np.array([-(2**31), -7, 0, 5, 2**31 - 1], np.int32)
    case("unary-i32", [node(o, "x") for o in "Neg Abs Sign Relu".split()], {"x": x}, 14)
    case("unary-u64", [node(o, "x") for o in "Abs Sign".split()], {"x": np.array([0, 1, 2**64 - 1], np.uint64)})


def arithmetic():
    four = [node(o, "a b") for o in "Add Sub Mul Div".split()]
    case("binary-f32-outer", four, {"a": numbers(2, 3, 1), "b": numbers(4)})
    case("binary-f32-channel", four, {"a": numbers(2, 3, 2, 2), "b": numbers(3, 1, 1)})
    case("binary-f32-middle", four, {"a": numbers(3, 1, 2), "b": numbers(2, 3, 4, 2)}, 7)
    case("binary-f32-scalar", four, {"a": numbers(), "b": numbers(2, 3)}, 14)
    case("binary-f32-empty", four, {"a": numbers(2, 0, 3), "b": numbers(3)}, 14)
    case("binary-f16", four, {"a": numbers(3, 4, dtype=np.float16), "b": numbers(3, 1, dtype=np.float16)})
    case("binary-bf16", four, {"a": numbers(3, 4, dtype=BF16), "b": numbers(4, dtype=BF16)}, reference=True)
    case("binary-f64", four, {"a": numbers(3, 4, dtype=np.float64), "b": numbers(4, dtype=np.float64)})
    low, high = -(2**31), 2**31 - 1
    case("binary-i32-wraps", four, {"a": np.array([low, high, high, -7, 7], np.int32),
         "b": np.array([3, 2, high, 2, -2], np.int32)})
    low, high = -(2**63), 2**63 - 1
    case("binary-i64-wraps", four, {"a": np.array([low, high, high, -7], np.int64),
         "b": np.array([3, 2, high, 2], np.int64)})
    case("binary-u8-wraps", four, {"a": np.array([250, 3, 200], np.uint8), "b": np.array([9, 5, 2], np.uint8)},
         14, reference=True)
    case("binary-u64", four, {"a": np.array([2**64 - 1, 2**63, 5], np.uint64),
         "b": np.array([2**63, 2, 7], np.uint64)})
    many = [node(o, "a b c") for o in "Max Min Sum".split()]
    many += [node("Max", "a", "max_one"), node("Min", "a", "min_one"), node("Sum", "a", "sum_one")]
    case("variadic-f32", many, {"a": numbers(2, 1, 3), "b": numbers(4, 1), "c": numbers(3)})
    case("variadic-nan", many, {"a": np.array([np.nan, 1, 2], np.float32),
         "b": np.array([0, np.nan, 2], np.float32), "c": np.array([0, 1, np.nan], np.float32)})
    case("variadic-u64", [n for n in many if n.op_type != "Sum"],
         {"a": np.array([2**64 - 1, 1], np.uint64), "b": np.array([7], np.uint64),
          "c": np.array([[2**63, 8]], np.uint64)})
    i = np.array([-7, 7, -7, 7, 6], np.int32)
    case("mod-i32", [node("Mod", "a b"), node("Mod", "a b", "fmod", fmod=1)],
         {"a": i, "b": np.array([3, -3, -3, 3, 3], np.int32)})
    case("mod-f32", [node("Mod", "a b", fmod=1)], {"a": numbers(6, scale=9), "b": numbers(6)})
    case("mod-f32-floored", [node("Mod", "a b")], {
        "a": np.array([5.5, -5.5, 5.5, -5.5, 6, -6, 1, -1, 1], np.float32),
        "b": np.array([2, 2, -2, -2, 3, 3, np.inf, np.inf, 0], np.float32)}, 28, expected={
        "mod": np.array([1.5, 0.5, -0.5, -1.5, 0, 0, 1, np.inf, np.nan], np.float32)})
    case("pow-f32", [node("Pow", "a b"), node("Pow", "a two", "square"), node("Pow", "a half", "root")],
         {"a": np.abs(numbers(2, 3)), "b": numbers(3), "two": np.array(2, np.float32),
          "half": np.array([0.5], np.float32)})
    case("pow-mixed", [node("Pow", "a b"), node("Pow", "b a", "integer")],
         {"a": np.array([2, 3, 0.5], np.float32), "b": np.array([3, 2, 4], np.int64)}, 15,
         types={"integer": TensorProto.INT64})
    case("pow-i64", [node("Pow", "a b")],
         {"a": np.array([-3, 2, 10, 7], np.int64), "b": np.array([3, 10, 0, 2], np.int64)}, 12)
    case("prelu", [node("PRelu", "x s"), node("PRelu", "x t", "prelu_one")],
         {"x": numbers(2, 3, 2, 2), "s": numbers(3, 1, 1), "t": numbers(1)}, 9)


def operator_set_6():
    a, b = numbers(2, 3, 4), numbers(3)
    case("binary-6-axis", [node("Add", "a b", broadcast=1, axis=1), node("Div", "a b", broadcast=1, axis=1)],
         {"a": a, "b": b}, 6, expected={"add": a + b[:, None], "div": a / b[:, None]})
    b = numbers(3, 4)
    case("binary-6-suffix", [node("Sub", "a b", broadcast=1), node("Mul", "a b", broadcast=1)],
         {"a": a, "b": b}, 6, expected={"sub": a - b, "mul": a * b})
    b = numbers(1)
    case("binary-6-one", [node("Pow", "a b", broadcast=1), node("Greater", "a b", broadcast=1)],
         {"a": np.abs(a), "b": b}, 6, types={"greater": TensorProto.BOOL},
         expected={"pow": np.abs(a) ** b, "greater": np.abs(a) > b})
    b = numbers(2, 3, 4)
    case("binary-6-same", [node("Add", "a b"), node("Max", "a b a")], {"a": a, "b": b}, 6,
         expected={"add": a + b, "max": np.maximum(a, b)})
    x, s = numbers(2, 3, 2), numbers(3)
    case("prelu-6", [node("PRelu", "x s")], {"x": x, "s": s}, 6,
         expected={"prelu": np.where(x < 0, x * s[:, None], x)})
    refused("binary-6-unequal", [node("Add", "a b")], {"a": a, "b": numbers(4)}, 6)
    refused("binary-6-misplaced", [node("Add", "a b", broadcast=1, axis=2)], {"a": a, "b": numbers(3)}, 6)
    refused("binary-7-axis", [node("Add", "a b", broadcast=1, axis=0)], {"a": a, "b": numbers(4)}, 7)
    refused("sum-7-unequal", [node("Sum", "a b")], {"a": a, "b": numbers(4)}, 7)
    refused("dropout-6-training", [node("Dropout", "x", ratio=0.5)], {"x": x}, 6)


def clips():
    x = numbers(3, 4)
    case("clip-10", [node("Clip", "x", min=-0.5, max=1.0), node("Clip", "x", "lower", min=0.25)], {"x": x}, 10)
    low, high = np.array(-0.5, np.float32), np.array(1, np.float32)
    case("clip-11", [node("Clip", "x l h"), node("Clip", "x l", "lower"), node("Clip", "x h", "upper_as_lower"),
         helper.make_node("Clip", ["x", "", "h"], ["upper"]), node("Clip", "x h l", "crossed")],
         {"x": x, "l": low, "h": high}, 11)
    case("clip-i8", [node("Clip", "x l h")], {"x": np.array([-128, -3, 4, 127], np.int8),
         "l": np.array(-5, np.int8), "h": np.array(5, np.int8)})
    case("clip-u64", [node("Clip", "x l h")], {"x": np.array([0, 2**63, 2**64 - 1], np.uint64),
         "l": np.array(1, np.uint64), "h": np.array(2**63 + 1, np.uint64)})


def comparisons():
    names = "Equal Less Greater LessOrEqual GreaterOrEqual".split()
    bools = {n.lower(): TensorProto.BOOL for n in names}
    nodes = [node(n, "a b") for n in names]
    case("compare-f32", nodes, {"a": np.array([[1, np.nan], [-0.0, 2]], np.float32),
         "b": np.array([0, 2], np.float32)}, types=bools)
    case("compare-i64", nodes, {"a": integers(-2, 2, 3, 4), "b": integers(-2, 2, 4)}, types=bools)
    case("compare-u64", nodes, {"a": np.array([2**64 - 1, 3], np.uint64),
         "b": np.array([1, 3], np.uint64)}, types=bools, reference=True)
    case("compare-f16", nodes, {"a": numbers(3, 4, dtype=np.float16),
         "b": numbers(3, 1, dtype=np.float16)}, types=bools, reference=True)
    a, b = random.integers(0, 2, (2, 3)) == 1, random.integers(0, 2, 3) == 1
    case("logic", [node(n, "a b") for n in "And Or Xor Equal".split()] + [node("Not", "a")], {"a": a, "b": b})
    for label, dtype in ("f32", np.float32), ("i64", np.int64), ("u8", np.uint8):
        x, y = (numbers(3, 1, scale=9) % 100).astype(dtype), (numbers(2, 1, 4, scale=9) % 100).astype(dtype)
        case(f"where-{label}", [node("Where", "c x y")],
             {"c": random.integers(0, 2, 4) == 1, "x": x, "y": y}, 16, types={"where": element_type(x)})
    case("where-bool", [node("Where", "c x y")], {"c": a, "x": b, "y": np.array(True)}, 9, reference=True)


TYPES = {
    "f32": TensorProto.FLOAT, "f16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16,
    "f64": TensorProto.DOUBLE, "i8": TensorProto.INT8, "u8": TensorProto.UINT8,
    "i16": TensorProto.INT16, "u16": TensorProto.UINT16, "i32": TensorProto.INT32,
    "u32": TensorProto.UINT32, "i64": TensorProto.INT64, "u64": TensorProto.UINT64,
    "bool": TensorProto.BOOL,
}


def casts():
    def to(names):
        return [node("Cast", "x", n, to=TYPES[n]) for n in names], {n: TYPES[n] for n in names}

    def cast(name, x, names=TYPES, **options):
        nodes, types = to([n for n in names if n != "bf16"])
        case(f"cast-{name}", nodes, {"x": x}, types=types, **options)

    small = [n for n in TYPES if n not in ("u8", "u16", "u32", "u64")]
    cast("f32", np.array([0, -0.75, 1.5, -2.5, 100.99, -128], np.float32), small)
    cast("f32-positive", np.array([0, 0.75, 1.5, 2.5, 100.99, 255], np.float32),
         [n for n in TYPES if n != "i8"])
    cast("f32-non-finite", np.array([np.nan, np.inf, -np.inf, 1e30], np.float32), ["f16", "bf16", "f64", "bool"])
    # ONNX Runtime rounds these by way of binary32, to infinity in the first case; NumPy does not.
    x = np.array([65519.999999, 65520, 1e-8, 2**-25, -1e300])
    case("cast-f64-f16", [node("Cast", "x", "f16", to=TYPES["f16"])], {"x": x},
         types={"f16": TYPES["f16"]}, expected={"f16": x.astype(np.float16)})
    cast("f64", np.array([0, -0.75, 100.99, 1e-50, -1e300]), ["f32", "bool"])
    cast("f64-small", np.array([0, -0.75, 100.99, -2.5]), ["i8", "i16", "i32", "i64"])
    cast("f16", numbers(8, dtype=np.float16, scale=40), small)
    cast("bf16", np.array([1.5, -2.25, 100, 0], BF16), ["f32", "f16", "f64", "bool"], reference=True)
    for label, x in ("f32", numbers(8, scale=40)), ("f16", numbers(8, dtype=np.float16)):
        nodes, types = to(["bf16"])
        case(f"cast-{label}-bf16", nodes, {"x": x}, types=types, reference=True)
    cast("i64", np.array([-1, 200, 70000, 2**31 + 5, 2**53 + 1, -(2**63)], np.int64))
    cast("u64", np.array([2**64 - 1, 2**63, 255, 0], np.uint64))
    cast("i8", np.array([-128, -1, 0, 127], np.int8))
    cast("bool", np.array([True, False]))
    case("cast-like", [node("CastLike", "x t")], {"x": numbers(4, scale=9), "t": np.zeros((0, 2), np.int16)}, 15,
         types={"castlike": TYPES["i16"]})
    refused("cast-string", [node("Cast", "x", to=TensorProto.STRING)], {"x": numbers(2)})
    refused("cast-float8", [node("Cast", "x", to=TensorProto.FLOAT8E4M3FN)], {"x": numbers(2)}, 19)
    refused("cast-unknown", [node("Cast", "x", to=1 << 40)], {"x": numbers(2)})
    # What ONNX leaves open, only the suite's tests have expectations for.
    nodes, types = to(["i8", "u8", "i32", "i64", "u64"])
    onnx.save(model(nodes, {"x": numbers(6)}, 13, types), "cast-f32-to-integers.onnx")


REDUCTIONS = "Sum Mean Max Min Prod L1 L2 SumSquare LogSum LogSumExp".split()


def reductions():
    def nodes(names=REDUCTIONS, inputs="x", **attributes):
        return [node(f"Reduce{n}", inputs, n.lower(), **attributes) for n in names]

    x = np.abs(numbers(2, 3, 4)) + np.float32(0.1)
    case("reduce-all-11", nodes(), {"x": x}, 11)
    case("reduce-middle-11", nodes(axes=[1]), {"x": x}, 11)
    case("reduce-ends-dropped-11", nodes(axes=[0, -1], keepdims=0), {"x": x}, 11)
    case("reduce-6", nodes(axes=[2]), {"x": x}, 6, expected={
        "sum": x.sum(2, keepdims=True), "mean": x.mean(2, keepdims=True), "max": x.max(2, keepdims=True),
        "min": x.min(2, keepdims=True), "prod": x.prod(2, keepdims=True), "l1": x.sum(2, keepdims=True),
        "l2": np.sqrt((x * x).sum(2, keepdims=True)), "sumsquare": (x * x).sum(2, keepdims=True),
        "logsum": np.log(x.sum(2, keepdims=True)), "logsumexp": np.log(np.exp(x).sum(2, keepdims=True))})
    case("reduce-sum-13", nodes(["Sum"], "x axes", keepdims=0), {"x": x, "axes": np.array([-1, 0])}, 13)
    case("reduce-18", nodes(inputs="x axes"), {"x": x, "axes": np.array([2])}, 18)
    case("reduce-18-noop", nodes(["Sum", "L1", "LogSum", "Max"], "x axes", noop_with_empty_axes=1),
         {"x": x, "axes": np.array([], np.int64)}, 18, reference=True)
    case("reduce-18-empty-axes", nodes(["Sum", "Max"], "x axes"), {"x": x, "axes": np.array([], np.int64)}, 18)
    case("reduce-scalar", nodes(["Sum", "Max", "L2"], keepdims=0), {"x": numbers()}, 13)
    case("reduce-none", nodes("Sum Prod L1 L2 SumSquare LogSum LogSumExp Max Min".split(), "x axes"),
         {"x": numbers(2, 0, 3), "axes": np.array([1])}, 20, reference=True)
    case("reduce-i32", nodes("Sum Mean Max Min Prod L1 SumSquare".split(), axes=[1]),
         {"x": integers(-9, 9, 3, 4, dtype=np.int32)}, 11)
    case("reduce-i64", nodes("Sum Max Min Prod".split(), axes=[0]), {"x": integers(-9, 9, 3, 4)}, 11)
    case("reduce-u8", nodes("Max Min".split(), axes=[0]), {"x": integers(0, 255, 3, 4, dtype=np.uint8)}, 12)
    case("reduce-bool", nodes("Max Min".split(), "x axes"), {"x": random.integers(0, 2, (3, 4)) == 1,
         "axes": np.array([1])}, 20)
    case("reduce-f64", nodes("Sum Mean Max Min Prod L1 L2".split(), axes=[1]),
         {"x": numbers(3, 4, dtype=np.float64)}, 11)
    case("reduce-f16", nodes("Sum Mean Max".split(), axes=[1]), {"x": numbers(3, 4, dtype=np.float16)}, 13 - 2,
         reference=True)
    case("reduce-large-logsumexp", nodes(["LogSumExp"], axes=[0]),
         {"x": np.array([[1000, -1000, np.inf], [999, -1001, 0]], np.float32)}, 11, expected={
             "logsumexp": np.array([[1000.3132617, -999.6867383, np.inf]], np.float32)})
    ties = np.array([[3, 1, 3], [2, 2, 1], [0, 5, 5]], np.float32)
    for label, dtype in ("f32", np.float32), ("i32", np.int32):
        index = [node(o, "x", f"{o.lower()}_{a}_{k}_{s}".replace("-", "m"), axis=a, keepdims=k, select_last_index=s)
                 for o in ("ArgMax", "ArgMin") for a, k, s in ((0, 1, 0), (-1, 0, 0), (1, 1, 1), (0, 0, 1))]
        case(f"arg-{label}", index, {"x": ties.astype(dtype)}, 13,
             types={n.output[0]: TensorProto.INT64 for n in index})
    case("arg-middle", [node("ArgMax", "x", axis=1), node("ArgMin", "x", axis=1, keepdims=0)],
         {"x": numbers(2, 5, 3)}, 11, types={"argmax": TensorProto.INT64, "argmin": TensorProto.INT64})
    refused("reduce-axis-outside", nodes(["Sum"], axes=[3]), {"x": x}, 11)
    refused("reduce-axis-twice", nodes(["Sum"], axes=[1, -2]), {"x": x}, 11)
    refused("reduce-axes-as-input", nodes(["Mean"], "x axes"), {"x": x, "axes": np.array([1])}, 13)
    refused("reduce-axes-as-attribute", nodes(["Mean"], axes=[1]), {"x": x}, 18)
    refused("reduce-mean-of-no-integers", nodes(["Mean"], axes=[0]), {"x": np.zeros((0, 2), np.int32)}, 11)
    refused("reduce-bool", nodes(["Sum"]), {"x": np.array([True])}, 13)
    refused("arg-of-nothing", [node("ArgMax", "x", axis=1)], {"x": numbers(2, 0)}, 13)
    refused("arg-bool", [node("ArgMax", "x")], {"x": np.array([True])}, 13)


def dropouts():
    x = numbers(3, 4)
    case("dropout-7", [node("Dropout", "x", "y mask", ratio=0.5)], {"x": x}, 7,
         expected={"y": x, "mask": np.ones_like(x)})
    bools = {"mask": TensorProto.BOOL}
    # ONNX Runtime's mask of this version is 0 where it keeps everything; the others' are 1.
    case("dropout-10", [node("Dropout", "x", "y mask", ratio=0.5)], {"x": x}, 10, types=bools,
         expected={"y": x, "mask": np.ones(x.shape, bool)})
    ratio, training = np.array(0.3, np.float32), np.array(True)
    case("dropout-13", [node("Dropout", "x r t", "y mask", seed=5)],
         {"x": x, "r": ratio, "t": np.array(False)}, 13, types=bools)
    np.random.seed(1234)
    mask = np.random.uniform(0, 1, (40, 20)) >= np.float32(0.3)
    x = numbers(40, 20)
    case("dropout-training", [node("Dropout", "x r t", "y mask", seed=1234)], {"x": x, "r": ratio, "t": training},
         13, types=bools, expected={"y": (mask * x / (1 - 0.3)).astype(np.float32), "mask": mask})
    inputs = {"x": numbers(2), "r": ratio, "t": training}
    refused("dropout-without-seed", [node("Dropout", "x r t", "y")], inputs)
    refused("dropout-seed-too-large", [node("Dropout", "x r t", "y", seed=1 << 33)], inputs)
    refused("dropout-ratio", [node("Dropout", "x r t", "y", seed=1)], inputs)


def refusals():
    x = numbers(2, 3)
    refused("broadcast-unequal", [node("Add", "a b")], {"a": x, "b": numbers(2)})
    refused("binary-types", [node("Mul", "a b")], {"a": x, "b": x.astype(np.float64)})
    refused("binary-bool", [node("Add", "a b")], {"a": np.array([True]), "b": np.array([True])})
    refused("compare-bool", [node("Less", "a b")], {"a": np.array([True]), "b": np.array([True])})
    refused("logic-numbers", [node("And", "a b")], {"a": x, "b": x})
    refused("exp-integers", [node("Exp", "x")], {"x": np.array([1], np.int32)})
    refused("neg-unsigned", [node("Neg", "x")], {"x": np.array([1], np.uint64)})
    refused("mod-floats", [node("Mod", "a b")], {"a": x, "b": x})
    refused("pow-types", [node("Pow", "a b")], {"a": x, "b": np.array([2])}, 7)
    refused("variadic-left-out", [helper.make_node("Max", ["x", ""], ["max"])], {"x": x})
    refused("round-10", [node("Round", "x")], {"x": x}, 10)
    refused("clip-10-inputs", [node("Clip", "x l")], {"x": x, "l": np.array(0, np.float32)}, 10)
    refused("clip-11-attributes", [node("Clip", "x", min=0.0)], {"x": x}, 11)
    refused("clip-bounds", [node("Clip", "x l")], {"x": x, "l": numbers(2)}, 11)
    refused("prelu-slope", [node("PRelu", "x s")], {"x": x, "s": numbers(2, 2, 3)}, 9)
    refused("relu-unsigned", [node("Relu", "x")], {"x": np.array([1], np.uint64)}, 14)
    for label, dtype in ("i32", np.int32), ("u64", np.uint64):
        refused(f"div-{label}", [node("Div", "a b")], {"a": np.ones(2, dtype), "b": np.ones(2, dtype)})
        refused(f"mod-{label}", [node("Mod", "a b")], {"a": np.ones(2, dtype), "b": np.ones(2, dtype)})
    refused("pow-u64", [node("Pow", "a b")], {"a": np.ones(1, np.uint64), "b": np.ones(1, np.int64)})
    refused("pow-i64", [node("Pow", "a b")], {"a": np.ones(1, np.int64), "b": np.ones(1, np.int64)})
    refused("outer-huge", [node("Add", "a b")], {"a": np.zeros((1 << 16, 1), np.uint8), "b": np.zeros(1 << 16, np.uint8)}, 14)


for make in (unary, arithmetic, operator_set_6, clips, comparisons, casts, reductions, dropouts, refusals):
    with np.errstate(all="ignore"):
        make()
