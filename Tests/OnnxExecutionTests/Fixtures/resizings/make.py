"""Makes the models beside this script, with onnx, onnxruntime, numpy and safetensors.

    python make.py

Each NAME.onnx is one Resize or Upsample with its operands as inputs; NAME.safetensors holds inputs
and what ONNX Runtime computed. Where it departs from the definition, the reference evaluator of
onnx did: with antialias on three axes, and with align_corners and scales that leave a fraction.
NAME-any.onnx takes operands of any shape; the tests give it operands that do not fit.
"""

import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save_file

folder = pathlib.Path(__file__).parent
generator = np.random.default_rng(0)


def model(name, kind, inputs, opset, **attributes):
    inputs = [(key or "", value) for key, value in inputs]
    node = onnx.helper.make_node(kind, [key for key, _ in inputs], ["y"], **attributes)
    infos = [
        onnx.helper.make_tensor_value_info(
            key, onnx.helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for key, value in inputs if key]
    first = onnx.helper.np_dtype_to_tensor_dtype(inputs[0][1].dtype)
    output = onnx.helper.make_tensor_value_info("y", first, None)
    made = onnx.helper.make_model(
        onnx.helper.make_graph([node], "graph", infos, [output]), ir_version=8,
        opset_imports=[onnx.helper.make_opsetid("", opset)])
    onnx.save(made, folder / f"{name}.onnx")
    return made, {key: value for key, value in inputs if key}


def case(name, kind, inputs, opset, reference=False, **attributes):
    made, feeds = model(name, kind, inputs, opset, **attributes)
    if reference:
        outputs = ReferenceEvaluator(made).run(None, feeds)
    else:
        outputs = onnxruntime.InferenceSession(made.SerializeToString()).run(None, feeds)
    save_file(
        {f"input/{key}": np.ascontiguousarray(value) for key, value in feeds.items()}
        | {"output/y": np.ascontiguousarray(outputs[0])}, folder / f"{name}.safetensors")


def numbers(*shape, dtype=np.float32):
    return generator.normal(size=shape).astype(dtype)


def scaled(x, *scales):
    return [("x", x), (None, None), ("scales", np.array(scales, np.float32))]


def sized(x, *sizes):
    return [("x", x), (None, None), (None, None), ("sizes", np.array(sizes, np.int64))]


image = numbers(1, 2, 5, 6)
for nearest in ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]:
    for place in ["half_pixel", "asymmetric", "align_corners", "tf_half_pixel_for_nn"]:
        case(f"nearest-{nearest}-{place}", "Resize", [
            ("x", image), ("roi", np.zeros(0, np.float32)), ("scales", np.zeros(0, np.float32)),
            ("sizes", np.array([1, 2, 9, 4], np.int64))], 11, mode="nearest",
            nearest_mode=nearest, coordinate_transformation_mode=place)
for mode in ["linear", "cubic"]:
    for place in ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]:
        case(f"{mode}-{place}", "Resize", sized(image, 1, 2, 8, 4), 13, mode=mode,
             coordinate_transformation_mode=place)
    case(f"{mode}-crop", "Resize", [
        ("x", image), ("roi", np.array([0, 0, .1, -.2, 1, 1, .8, .9], np.float32)),
        (None, None), ("sizes", np.array([1, 2, 4, 5], np.int64))], 18, mode=mode,
        coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=7.5)
    case(f"{mode}-one-pixel", "Resize", sized(image, 1, 2, 1, 1), 13, mode=mode,
         coordinate_transformation_mode="pytorch_half_pixel")
    case(f"{mode}-antialias", "Resize", sized(image, 1, 2, 3, 2), 18, mode=mode, antialias=1)
    case(f"{mode}-antialias-excluding-outside", "Resize", sized(image, 1, 2, 3, 2), 18, mode=mode,
         antialias=1, exclude_outside=1)
case("linear-half-pixel-symmetric", "Resize", scaled(image, 1, 1, 1.3, 0.7), 19, mode="linear",
     coordinate_transformation_mode="half_pixel_symmetric")
case("linear-fractional-scales", "Resize", scaled(image, 1, 1, 1.7, 0.7), 13, mode="linear")
case("linear-fractional-align-corners", "Resize", scaled(image, 1, 1, 1.7, 0.7), 13,
     reference=True, mode="linear", coordinate_transformation_mode="align_corners")
case("nearest-crop", "Resize", [
    ("x", image), ("roi", np.array([0, 0, -.5, .2, 1, 1, .8, 1.6], np.float32)),
    ("scales", np.array([1, 1, 2, 1.5], np.float32))], 13, mode="nearest",
    coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=-1.0)
case("cubic-excluding-outside", "Resize", scaled(image, 1, 1, 2, 1.5), 13, mode="cubic",
     exclude_outside=1, cubic_coeff_a=-0.5)
case("linear-one-axis", "Resize", sized(numbers(3, 4), 3, 7), 13, mode="linear")
case("linear-five-axes", "Resize", sized(numbers(1, 2, 2, 3, 4), 1, 2, 3, 5, 4), 13,
     mode="linear")
case("antialias-three-axes", "Resize", sized(numbers(4, 5, 6), 3, 3, 2), 18, reference=True,
     mode="linear", antialias=1)
for policy in ["not_larger", "not_smaller"]:
    case(f"nearest-{policy}", "Resize", [
        ("x", image), (None, None), (None, None), ("sizes", np.array([9, 4], np.int64))], 18,
        mode="nearest", axes=[3, 2], keep_aspect_ratio_policy=policy)
case("nearest-double", "Resize", sized(numbers(1, 1, 3, 3, dtype=np.float64), 1, 1, 4, 6), 18,
     reference=True)
case("nearest-int64", "Resize", sized(np.arange(12).reshape(1, 1, 3, 4), 1, 1, 6, 2), 19,
     reference=True)
case("linear-float16", "Resize", scaled(numbers(1, 1, 3, 4, dtype=np.float16), 1, 1, 2, 2), 13,
     mode="linear")
case("linear-double", "Resize", scaled(numbers(1, 1, 3, 4, dtype=np.float64), 1, 1, 2, 3), 13,
     reference=True, mode="linear")
case("linear-uint8", "Resize", scaled(
    generator.integers(0, 256, (1, 1, 4, 4)).astype(np.uint8), 1, 1, 2, 2), 13, mode="linear")
case("unchanged", "Resize", scaled(image, 1, 1, 1, 1), 13, mode="cubic")
case("empty", "Resize", scaled(np.zeros((1, 0, 3, 4), np.float32), 1, 1, 2, 2), 13,
     reference=True, mode="nearest")
for mode in ["nearest", "linear"]:
    for scales in [(2, 3), (.6, .7)]:
        values = np.array((1, 1) + scales, np.float32)
        grows = "up" if scales[0] > 1 else "down"
        case(f"legacy-{mode}-{grows}", "Resize", [("x", image), ("scales", values)], 10, mode=mode)
    case(f"upsample9-{mode}", "Upsample", [
        ("x", image), ("scales", np.array([1, 1, 2, 3], np.float32))], 9, mode=mode)
    case(f"upsample7-{mode}", "Upsample", [("x", image)], 7, mode=mode, scales=[1., 1., 2., 2.5])


def any_shape(name, inputs=("x", "", "scales", "Sizes"), opset=19, kind="Resize", bool=False,
              **attributes):
    types = {"S": onnx.TensorProto.INT64, "x": onnx.TensorProto.BOOL} if bool else {
        "S": onnx.TensorProto.INT64}

    def info(key):
        return onnx.helper.make_tensor_value_info(
            key, types.get(key[0], onnx.TensorProto.FLOAT), None)

    node = onnx.helper.make_node(kind, inputs, ["y"], name="node", **attributes)
    graph = onnx.helper.make_graph([node], "graph", [info(key) for key in inputs if key],
                                   [info("y")])
    made = onnx.helper.make_model(
        graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", opset)])
    onnx.save(made, folder / f"{name}-any.onnx")


any_shape("nearest")
any_shape("linear", mode="linear")
any_shape("cubic-antialias", mode="cubic", antialias=1)
any_shape("bool", ["x", "", "scales"], bool=True, mode="linear")
any_shape("crop", ["x", "roi", "", "Sizes"], mode="linear",
          coordinate_transformation_mode="tf_crop_and_resize")
any_shape("not-larger", ["x", "", "", "Sizes"], keep_aspect_ratio_policy="not_larger")
any_shape("nearest-antialias", antialias=1)
any_shape("unknown-mode", mode="area")
any_shape("unknown-coordinates", coordinate_transformation_mode="quarter_pixel")
any_shape("unknown-nearest", nearest_mode="round")
any_shape("unknown-policy", ["x", "", "", "Sizes"], keep_aspect_ratio_policy="fit")
any_shape("axis-twice", axes=[0, -2])
any_shape("upsample", ["x", "scales"], opset=9, kind="Upsample")

graph = onnx.helper.make_graph(
    [onnx.helper.make_node("Resize", ["x", "", "scales"], ["r"], mode="linear"),
     onnx.helper.make_node("Concat", ["r", "r"], ["y"], axis=1)], "graph",
    [onnx.helper.make_tensor_value_info(key, onnx.TensorProto.FLOAT, None)
     for key in ["x", "scales"]],
    [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)])
onnx.save(onnx.helper.make_model(
    graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", 19)]),
    folder / "concatenated-any.onnx")
