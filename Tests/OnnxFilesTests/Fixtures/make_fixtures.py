"""Makes the models beside this script, with onnx, torch, numpy and safetensors.

    python make_fixtures.py

`storage.safetensors` holds the elements of `storage.onnx` as numpy has them; every model of the
folder `refused` has one fault, which its name tells. The models of the folder `external` have their
weight in `weights.bin`; all but `good` have one fault.
"""

import io
import pathlib
import warnings

import ml_dtypes
import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parent
REFUSED = FOLDER / "refused"
EXTERNAL = FOLDER / "external"
OPSETS = FOLDER / "opsets"
NUMPY = {
    "BOOL": np.bool_, "UINT8": np.uint8, "INT8": np.int8, "UINT16": np.uint16, "INT16": np.int16,
    "UINT32": np.uint32, "INT32": np.int32, "UINT64": np.uint64, "INT64": np.int64,
    "FLOAT16": np.float16, "BFLOAT16": ml_dtypes.bfloat16, "FLOAT": np.float32,
    "DOUBLE": np.float64,
}


def model(initializers=(), nodes=(), inputs=("x",), sparse=(), **options):
    def values(names):
        return [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 2]) for n in names]

    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"], name="relu"), *nodes], "graph", values(inputs),
        values(["y"]), list(initializers), sparse_initializer=list(sparse))
    settings = dict(
        producer_name="fixture", producer_version="1.5", ir_version=8,
        opset_imports=[helper.make_opsetid("", 17)])
    return helper.make_model(graph, **(settings | options))


def save(name, message, folder=FOLDER):
    (folder / f"{name}.onnx").write_bytes(message.SerializeToString())


def tensor(name="w", kind="FLOAT", dims=(2,), **fields):
    return TensorProto(name=name, data_type=getattr(TensorProto, kind), dims=dims, **fields)


def sample(kind):
    dtype = NUMPY[kind]
    if kind == "BOOL":
        return np.array([[True, False, True], [False, False, True]])
    if np.dtype(dtype).kind in "iu":
        limits = np.iinfo(dtype)
        return np.array([[limits.min, 0, 1], [2, limits.max - 1, limits.max]], dtype)
    return np.array([[0.0, -0.0, 1.5], [-np.inf, np.nan, 1e-3]], np.float64).astype(dtype)


def storage():
    tensors, truth = [], {}
    for kind, dtype in NUMPY.items():
        values = sample(kind)
        for raw in (False, True):
            name = f"{kind}.{'raw' if raw else 'typed'}"
            data = values.tobytes() if raw else values.ravel()
            if not raw and kind in ("FLOAT16", "BFLOAT16"):
                made = tensor(name, kind, values.shape)
                made.int32_data.extend(int(v) for v in values.ravel().view(np.uint16))
            else:
                made = helper.make_tensor(
                    name, getattr(TensorProto, kind), values.shape, data, raw)
            tensors.append(made)
            truth[name] = values
    for name, values in {
        "scalar": np.array(2.5, np.float32), "none": np.zeros((0, 3), np.float32),
    }.items():
        tensors.append(onnx.numpy_helper.from_array(values, name))
        truth[name] = values
    tensors.append(tensor("none.typed", "INT64", (2, 0)))
    truth["none.typed"] = np.zeros((2, 0), np.int64)
    save("storage", model(tensors))
    save_file(truth, FOLDER / "storage.safetensors")


def identities():
    nodes = [
        helper.make_node("Identity", ["a"], ["b"]),
        helper.make_node("Identity", ["b"], ["c"], domain="ai.onnx"),
        helper.make_node("Identity", ["x"], ["not.a.weight"]),
        helper.make_node("Identity", ["a"], ["another.operator"], domain="com.example"),
        helper.make_node("Identity", ["label"], ["label.copy"]),
    ]
    label = tensor("label", "STRING", (1,), string_data=[b"dog"])
    two = tensor("a", float_data=[1, 2]), label, tensor("d", float_data=[3, 4])
    opsets = [helper.make_opsetid("ai.onnx", 17), helper.make_opsetid("com.example", 2)]
    save("identity", model(two, nodes, inputs=["x", "d"], opset_imports=opsets))


def tensor_files():
    values = onnx.numpy_helper.from_array(np.array([[1.5, -2], [0, 3]], np.float32), "w")
    (FOLDER / "tensor.pb").write_bytes(values.SerializeToString())
    numbers = tensor("", "INT64", (3,), int64_data=[-1, 0, 2**62])
    (FOLDER / "tensor-list.pb").write_bytes(numbers.SerializeToString())
    text = onnx.numpy_helper.from_array(np.array(["a", "b"], object), "t")
    (FOLDER / "tensor-text.pb").write_bytes(text.SerializeToString())


def refused():
    def one(name, made, **options):
        save(name, model([made], **options), REFUSED)

    good = tensor(float_data=[1, 2])
    one("two-fields", tensor(float_data=[1, 2], raw_data=bytes(8)))
    one("wrong-field", tensor(kind="INT64", float_data=[1, 2]))
    one("short-raw", tensor(raw_data=bytes(7)))
    one("long-list", tensor(float_data=[1, 2, 3]))
    one("no-elements", tensor())
    one("no-type", TensorProto(name="w", dims=[2], float_data=[1, 2]))
    one("negative-dimension", tensor(dims=(-2,), float_data=[1, 2]))
    one("huge-dimensions", tensor(dims=(1 << 40, 1 << 40), float_data=[1, 2]))
    one("int8-out-of-range", tensor(kind="INT8", int32_data=[1, 300]))
    one("bool-out-of-range", tensor(kind="BOOL", int32_data=[1, 2]))
    one("uint32-out-of-range", tensor(kind="UINT32", uint64_data=[1, 1 << 32]))
    one("unnamed", tensor(name="", float_data=[1, 2]))
    one("unknown-location", TensorProto.FromString(good.SerializeToString() + b"\x70\x07"))
    one("null-in-name", tensor(name="w\0v", float_data=[1, 2]))
    both = outside(location="weights.bin", offset="0", length="8")
    both.float_data.extend([1, 2])
    one("external-and-inside", both)

    segment = tensor(float_data=[1, 2])
    segment.segment.begin, segment.segment.end = 0, 2
    one("segment", segment)
    one("text", tensor(kind="STRING", string_data=[b"a", b"b"]))
    one("float8", tensor(kind="FLOAT8E4M3FN", raw_data=bytes(2)))
    one("int4", tensor(kind="INT4", raw_data=bytes(1)))
    one("unknown-type", TensorProto(name="w", data_type=99, dims=[2], raw_data=bytes(2)))
    sparse = helper.make_sparse_tensor(
        tensor(dims=(1,), float_data=[1]), tensor("", "INT64", (1,), int64_data=[1]), [2])
    save("sparse", model(sparse=[sparse]), REFUSED)

    save("duplicate", model([good, good]), REFUSED)
    copy = helper.make_node("Identity", ["w"], ["w"])
    save("duplicate-identity", model([good], [copy]), REFUSED)
    both = helper.make_node("Identity", ["w"], ["u", "v"])
    save("identity-of-two", model([good], [both]), REFUSED)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx", 18)]
    save("two-opsets", model([good], opset_imports=opsets), REFUSED)
    save("no-opset", model([good], opset_imports=[]), REFUSED)
    save("opset-without-version", model([good], opset_imports=[
        onnx.OperatorSetIdProto(domain="com.example")]), REFUSED)
    whole = model([good])
    whole.ClearField("ir_version")
    save("no-ir-version", whole, REFUSED)
    whole = model([good])
    whole.ClearField("graph")
    save("no-graph", whole, REFUSED)
    whole = model([good]).SerializeToString()
    (REFUSED / "two-graphs.onnx").write_bytes(whole + b"\x3a\x00")
    (REFUSED / "not-utf8.onnx").write_bytes(whole.replace(b"fixture", b"fixtur\xff"))


    def graph(name, *nodes, **options):
        save(name, model([good], nodes, **options), REFUSED)

    node = helper.make_node
    graph("cycle", node("Add", ["w", "c"], ["a"]), node("Relu", ["a"], ["b"]),
          node("Neg", ["b"], ["c"]))
    graph("cycle-of-one", node("Relu", ["a"], ["a"]))
    graph("made-by-two", node("Relu", ["x"], ["a"], "first"), node("Neg", ["x"], ["a"], "second"))
    graph("makes-an-input", node("Relu", ["w"], ["x"]))
    graph("unknown-value", node("Add", ["x", "nowhere"], ["a"], "sum"))
    graph("unnamed-operator", node("", ["x"], ["a"]))
    graph("two-inputs", inputs=["x", "x"])
    graph("unnamed-input", inputs=["x", ""])
    whole = model([good])
    whole.graph.output[0].name = "nowhere"
    save("unknown-output", whole, REFUSED)
    whole = model([good])
    whole.graph.output.append(whole.graph.output[0])
    save("two-outputs", whole, REFUSED)
    twice = node("Elu", ["x"], ["a"], "elu", alpha=1.0)
    twice.attribute.append(twice.attribute[0])
    graph("two-attributes", twice)
    reference = node("Elu", ["x"], ["a"], "elu")
    reference.attribute.add(name="alpha", ref_attr_name="a", type=onnx.AttributeProto.FLOAT)
    graph("reference-outside-function", reference)
    graph("constant-of-two", node("Constant", [], ["c"], "c", value_int=1, value_float=1.0))
    graph("constant-of-none", node("Constant", [], ["c"], "c"))
    graph("constant-with-input", node("Constant", ["x"], ["c"], "c", value_int=1))


def outside(**keys):
    made = tensor(data_location=TensorProto.EXTERNAL)
    for key, value in keys.items():
        made.external_data.add(key=key, value=value)
    return made


def external():
    (EXTERNAL / "weights.bin").write_bytes(np.array([7, 1, 2, 3], np.float32).tobytes())
    checksum = "0" * 40

    def one(name, **keys):
        save(name, model([outside(**keys)]), EXTERNAL)

    one("good", location="weights.bin", offset="4", length="8", checksum=checksum)
    one("short-form", location="./weights.bin")
    one("to-the-end", location="weights.bin", offset="8", length="8")
    one("missing", location="none.bin")
    one("upwards", location="../external/weights.bin")
    one("absolute", location="/etc/hostname")
    one("backslash", location="sub\\weights.bin")
    one("no-name", location="")
    one("no-location", offset="4")
    one("unknown-key", location="weights.bin", basepath="/")
    one("negative-offset", location="weights.bin", offset="-4")
    one("signed-offset", location="weights.bin", offset="+4")
    one("huge-offset", location="weights.bin", offset="9223372036854775807")
    one("overflowing-offset", location="weights.bin", offset="9223372036854775808")
    one("past-the-end", location="weights.bin", offset="12")
    one("other-length", location="weights.bin", length="16")
    double = outside(location="weights.bin")
    double.external_data.add(key="location", value="none.bin")
    save("two-locations", model([double]), EXTERNAL)
    inside = helper.make_node("Constant", [], ["c"], value=outside(location="weights.bin"))
    save("constant", model([], [inside]), EXTERNAL)


def graphs():
    node = helper.make_node
    good = tensor(float_data=[1, 2])
    save("shuffled", model([good], [
        node("Neg", ["d"], ["e"], "last"), node("Add", ["b", "w"], ["c"]),
        node("Mul", ["c", "b"], ["d"], "middle"), node("Abs", ["x"], ["b"], "first"),
        node("Sigmoid", ["e"], ["f"], "after")]))
    save("names", model([good], [
        node("Neg", ["x"], ["a"], "relu"), node("Neg", ["x"], ["b"], "relu"),
        node("Neg", ["x"], ["c"]), node("Neg", ["x"], ["d"], "Neg#3"),
        node("Neg", ["x"], ["e"], "relu#2")]))
    save("optional", model([good], [
        node("Clip", ["x", "", "w"], ["a"], "clip"),
        node("LSTM", ["x", "w", "w", "", "", "", ""], ["", "h", ""], "lstm", hidden_size=2),
        node("Dropout", ["x"], ["z", ""], "dropout")]))

    half = tensor("half", "FLOAT16", (2,), raw_data=np.array([1.5, 65504], np.float16).tobytes())
    double = tensor("double", "DOUBLE", (2,), double_data=[0.1, 1e300])
    whole = tensor("whole", "INT64", (2,), int64_data=[1, 2])
    sparse = helper.make_sparse_tensor(
        tensor("s", dims=(1,), float_data=[1]), tensor("", "INT64", (1,), int64_data=[1]), [2])
    brain = tensor("brain", "BFLOAT16", (2,), int32_data=[0x3F80, 0xC000])
    cast = lambda source, to, name="": node("Cast", [source], [f"{source}.{name or to}"], to=getattr(TensorProto, to))
    save("constants", model([good, half, double, whole], [
        node("Identity", ["second"], ["third"], "copy3"),
        node("Identity", ["first"], ["second"], "copy2"),
        node("Constant", [], ["first"], "made", value=tensor("inner", float_data=[3, 4])),
        node("Constant", [], ["raw"], value=half),
        node("Constant", [], ["brain"], value=brain),
        node("Constant", [], ["float"], value_float=1.5),
        node("Constant", [], ["floats"], value_floats=[1.5, -2.0]),
        node("Constant", [], ["int"], value_int=-3),
        node("Constant", [], ["ints"], value_ints=[1, -1]),
        node("Constant", [], ["text"], value_string="a"),
        node("Constant", [], ["texts"], value_strings=["a", "b"]),
        node("Constant", [], ["sparse"], sparse_value=sparse),
        node("Identity", ["text"], ["text.copy"]),
        node("Identity", ["half"], ["half.copy"], "copy"),
        cast("half.copy", "FLOAT"), cast("double", "FLOAT"), cast("w", "FLOAT", "same"),
        cast("half", "DOUBLE"), cast("whole", "FLOAT"), cast("x", "FLOAT"),
        node("Identity", ["x"], ["x.copy"]),
        node("Cast", ["half"], ["elsewhere"], domain="com.example", to=1),
    ], opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.example", 1)]))

    branch = helper.make_graph(
        [node("Identity", ["w"], ["v"])], "branch", [],
        [helper.make_tensor_value_info("v", TensorProto.FLOAT, [2])], [tensor("inner", float_data=[5, 6])])
    flag = tensor("flag", "BOOL", (), int32_data=[1])
    bytes_ = node("Anything", ["x"], ["b"], "anything", domain="com.example", number=1.5, whole=-7,
                  text="a\u00e9", floats=[1.0, 2.0], wholes=[1, 2], texts=["a", "b"], held=whole,
                  tensors=[good, good], sparse=sparse, label=tensor("label", "STRING", (1,), string_data=[b"dog"]),
                  kind=helper.make_tensor_type_proto(1, [1]), graphs=[branch, branch])
    bytes_.attribute.add(name="damaged", type=onnx.AttributeProto.STRING, s=b"\xff")
    bytes_.attribute.add(name="zero", type=onnx.AttributeProto.INT)
    bytes_.attribute.add(name="untyped", i=3)
    save("attributes", model([good, flag], [
        node("If", ["flag"], ["a"], "if", then_branch=branch, else_branch=branch), bytes_],
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.example", 1)]))

    function = helper.make_function(
        "pkg", "Twice", ["a"], ["b"], [node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 17)])
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("pkg", 1)]
    save("function", model([good], [node("Twice", ["x"], ["t"], "call", domain="pkg")],
                           functions=[function], opset_imports=imports))
    save("function-unused", model([good], functions=[function], opset_imports=imports))

    values = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT16, [1, "height", None, 3]),
        helper.make_tensor_value_info("scalar", TensorProto.INT64, []),
        helper.make_tensor_value_info("rank", TensorProto.FLOAT, None),
        helper.make_tensor_value_info("letters", TensorProto.STRING, [2]),
        helper.make_tensor_sequence_value_info("sequence", TensorProto.FLOAT, [2]),
        helper.make_tensor_value_info("minus", TensorProto.FLOAT, [-1]),
        onnx.ValueInfoProto(name="bare"),
    ]
    whole = model([good])
    del whole.graph.input[:]
    whole.graph.input.extend(values)
    save("values", whole)


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = torch.nn.Conv2d(1, 2, 1)
        self.norm = torch.nn.BatchNorm2d(2)

    def forward(self, x):
        return torch.relu(self.norm(self.conv(x))).clamp(max=6)


def opsets():
    for version in (7, 9, 11, 13, 17, 20):
        stream = io.BytesIO()
        torch.onnx.export(
            Small().eval(), (torch.zeros(1, 1, 2, 2),), stream, dynamo=False, opset_version=version,
            do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE)
        (OPSETS / f"{version}.onnx").write_bytes(stream.getvalue())
    newest = onnx.defs.onnx_opset_version()
    conv = helper.make_node("Conv", ["x", "conv.weight", "conv.bias"], ["c"])
    weights = [onnx.numpy_helper.from_array(p.detach().numpy(), f"conv.{n}")
               for n, p in Small().conv.named_parameters()]
    save("newest", model(weights, [conv], ir_version=onnx.IR_VERSION,
                         opset_imports=[helper.make_opsetid("", newest)]), OPSETS)


warnings.filterwarnings("ignore")
for folder in (REFUSED, EXTERNAL, OPSETS):
    folder.mkdir(exist_ok=True)
storage()
identities()
graphs()
external()
opsets()
tensor_files()
refused()
