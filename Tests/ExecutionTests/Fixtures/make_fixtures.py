"""Makes kernels.safetensors: what onnxruntime computes for single operators.

    python make_fixtures.py        (onnx, onnxruntime, numpy, safetensors)

For every case the inputs and parameters, and `CASE/y`, the result.
"""

import pathlib

import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from safetensors.numpy import save_file

random = np.random.default_rng(5)
TYPES = {
    "float32": TensorProto.FLOAT,
    "uint8": TensorProto.UINT8,
    "int8": TensorProto.INT8,
    "int32": TensorProto.INT32,
}
tensors = {}


def floats(*shape):
    return random.standard_normal(shape).astype(np.float32)


def case(name, operator, inputs, output="float32", keep=None, **attributes):
    """Runs one operator on `inputs`; keeps those named in `keep` and the result."""
    present = {key: value for key, value in inputs.items() if value is not None}
    node = helper.make_node(
        operator,
        [key if value is not None else "" for key, value in inputs.items()],
        ["y"],
        **attributes,
    )
    graph = helper.make_graph(
        [node],
        name,
        [
            helper.make_tensor_value_info(key, TYPES[str(value.dtype)], value.shape)
            for key, value in present.items()
        ],
        [helper.make_tensor_value_info("y", TYPES[output], None)],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    for key in keep or present:
        tensors[f"{name}/{key}"] = present[key]
    tensors[f"{name}/y"] = session.run(None, present)[0]


def convolution(name, n, i, o, k, stride, height, width, bias):
    case(
        name,
        "Conv",
        {"x": floats(n, i, height, width), "w": floats(o, i, k, k),
         "b": floats(o) if bias else None},
        kernel_shape=[k, k],
        strides=[stride, stride],
        pads=[k // 2] * 4,
    )


convolution("conv1x1", 2, 3, 4, 1, 1, 4, 5, True)
convolution("conv1x1s2", 1, 3, 4, 1, 2, 5, 7, False)
convolution("conv3x3", 2, 3, 2, 3, 1, 5, 4, True)
convolution("conv3x3s2", 1, 2, 3, 3, 2, 7, 8, False)
convolution("conv7x7s2", 1, 3, 2, 7, 2, 9, 12, False)

for name, height, width in (("pool-even", 8, 6), ("pool-odd", 7, 9), ("pool-one", 1, 1)):
    case(
        name,
        "MaxPool",
        {"x": floats(2, 2, height, width) - 5},
        kernel_shape=[3, 3],
        strides=[2, 2],
        pads=[1, 1, 1, 1],
    )

for factor in (2, 4):
    case(
        f"upsample{factor}",
        "Resize",
        {
            "x": floats(2, 2, 3, 5),
            "roi": None,
            "scales": np.array([1, 1, factor, factor], np.float32),
        },
        keep=["x"],
        mode="linear",
        coordinate_transformation_mode="half_pixel",
    )

channels = 3
case(
    "norm",
    "BatchNormalization",
    {
        "x": floats(2, channels, 4, 3),
        "weight": floats(channels),
        "bias": floats(channels),
        "running_mean": floats(channels),
        "running_var": np.abs(floats(channels)),
    },
    epsilon=1e-5,
)

bytes_ = random.integers(0, 256, (2, 3, 6, 5)).astype(np.uint8)
weight = random.integers(-127, 128, (4, 3, 3, 3)).astype(np.int8)
case(
    "integer",
    "ConvInteger",
    {"x": bytes_, "w": weight, "zero": np.array(131, np.uint8)},
    output="int32",
    keep=["x", "w"],
    kernel_shape=[3, 3],
    strides=[2, 2],
    pads=[1, 1, 1, 1],
)
case(
    "quantized",
    "QLinearConv",
    {
        "x": bytes_,
        "x_scale": np.array(0.03, np.float32),
        "x_zero": np.array(131, np.uint8),
        "w": weight,
        "w_scale": np.array([0.011, 0.007, 0.02, 0.013], np.float32),
        "w_zero": np.array([0, 0, 0, 0], np.int8),
        "y_scale": np.array(0.7, np.float32),
        "y_zero": np.array(119, np.uint8),
        "b": np.array([1500, -2000, 0, 33], np.int32),
    },
    output="uint8",
    keep=["x", "w", "w_scale", "b"],
    kernel_shape=[3, 3],
    pads=[1, 1, 1, 1],
)

save_file(tensors, pathlib.Path(__file__).parent / "kernels.safetensors")
