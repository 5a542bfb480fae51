"""Makes the models beside this script, with onnx, numpy and safetensors.

    python make_fixtures.py

`storage.safetensors` holds the elements of `storage.onnx` as numpy has them; every model of the
folder `refused` has one fault, which its name tells.
"""

import pathlib

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parent
REFUSED = FOLDER / "refused"
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
    external = tensor(data_location=TensorProto.EXTERNAL)
    for key, value in {"location": "weights.bin", "offset": "0", "length": "8"}.items():
        external.external_data.add(key=key, value=value)
    one("external", external)
    external.float_data.extend([1, 2])
    one("external-and-inside", external)

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


REFUSED.mkdir(exist_ok=True)
storage()
identities()
refused()
