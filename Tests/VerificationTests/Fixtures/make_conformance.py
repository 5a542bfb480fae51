"""Makes a folder in the layout of the ONNX project's tests, with a test for each way to end.

usage: make_conformance.py
needs: numpy onnx
"""
import pathlib
import shutil

import numpy as np
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).parent / "conformance"
X = np.array([[-1, 0], [0.5, 2]], np.float32)


def model(operator, opset=17, kind=TensorProto.FLOAT):
    def value(name):
        return helper.make_tensor_value_info(name, kind, [2, 2])

    node = helper.make_node(operator, ["x"], ["y"], "node")
    return helper.make_model(
        helper.make_graph([node], "test", [value("x")], [value("y")]), ir_version=8,
        opset_imports=[helper.make_opsetid("", opset)])


def write(name, model, output):
    test = FOLDER / "node" / name
    data = test / "test_data_set_0"
    data.mkdir(parents=True)
    (test / "model.onnx").write_bytes(model.SerializeToString())
    for kind, values in (("input", X), ("output", output)):
        message = numpy_helper.from_array(values).SerializeToString()
        (data / f"{kind}_0.pb").write_bytes(message)


shutil.rmtree(FOLDER, ignore_errors=True)
relu = np.maximum(X, 0)
write("test_relu", model("Relu"), relu)
write("test_relu_close", model("Relu"), relu * np.float32(1.0005))
write("test_relu_far", model("Relu"), relu * np.float32(1.002))
write("test_relu_shape", model("Relu"), relu.ravel())
write("test_relu_type", model("Relu"), relu.astype(np.float64))
write("test_relu_future", model("Relu", opset=99), relu)
write("test_det", model("Det"), relu)
# A name that 1.17.0 stores a wrong output for.
write("test_qlinearmatmul_2D_int8_float32", model("Relu"), relu + 1)
light = FOLDER / "light"
light.mkdir()
(light / "light_relu.onnx").write_bytes(model("Relu").SerializeToString())
ramp = (np.arange(4) / 4).reshape(2, 2).astype(np.float32)
(light / "light_relu_output_0.pb").write_bytes(
    numpy_helper.from_array(ramp).SerializeToString())
