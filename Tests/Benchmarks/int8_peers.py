"""What other quantizers make of the three graphs of a network, and what plain quantization does.

Each takes the paths of the graphs in fp32 and, by graph, the inputs that calibrate it; each returns
something with loop.Network's `run`.
needs: onnx onnxruntime openvino nncf numpy
"""
import contextlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static)

import loop


def prepared(paths, folder):
    """The graphs as ONNX Runtime asks for them: batch norms fused into convolutions."""
    made = {}
    for graph, path in paths.items():
        settings = onnxruntime.SessionOptions()
        settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        settings.optimized_model_filepath = str(folder / f"{graph}.prepared.onnx")
        onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
        made[graph] = folder / f"{graph}.prepared.onnx"
    return made


class Samples(CalibrationDataReader):
    """A calibration set at hand."""

    def __init__(self, samples):
        self.samples = iter(samples)

    def get_next(self):
        return next(self.samples, None)


def onnxruntime_static(method, operators=None):
    """ONNX Runtime's static quantization to QDQ: u8 activations, s8 weights for each channel."""
    def quantize(paths, samples, folder, threads):
        made = {}
        for graph, path in paths.items():
            made[graph] = folder / f"{graph}.quantized.onnx"
            with contextlib.redirect_stdout(sys.stderr):
                quantize_static(
                    str(path), str(made[graph]), Samples(samples[graph]),
                    quant_format=QuantFormat.QDQ, per_channel=True,
                    op_types_to_quantize=operators, activation_type=QuantType.QUInt8,
                    weight_type=QuantType.QInt8, calibrate_method=method)
        return loop.Network(made, threads)
    return quantize


class OpenVINO:
    """Compiled models by graph, in fp32 but for what is quantized.

    They run one object at a time: several beside one frame are more than the plugin takes.
    """

    def __init__(self, models, threads):
        import openvino
        settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads}
        self.requests = {
            graph: openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
            for graph, model in models.items()}

    def run(self, graph, feeds):
        made = {}
        for own in loop.objects(feeds):
            for output, value in self.requests[graph].infer(own).items():
                made.setdefault(output.get_any_name(), []).append(np.array(value))
        return {name: np.concatenate(values) for name, values in made.items()}


def nncf_mixed(paths, samples, folder, threads):
    """NNCF's post-training quantization: mixed preset, accurate bias correction."""
    import nncf
    import openvino
    with contextlib.redirect_stdout(sys.stderr):
        models = {
            graph: nncf.quantize(
                openvino.Core().read_model(str(path)), nncf.Dataset(samples[graph]),
                subset_size=len(samples[graph]), preset=nncf.QuantizationPreset.MIXED,
                fast_bias_correction=False)
            for graph, path in paths.items()}
    return OpenVINO(models, threads)


def plain(paths, samples, folder, threads):
    """Rounds kernels for each channel and the inputs of convolutions to their minimum and maximum.

    Residuals and results stay in fp32.
    """
    observed = loop.Network(
        {graph: observing(path, folder / f"{graph}.observed.onnx")
         for graph, path in paths.items()}, threads)
    made = {}
    for graph, path in paths.items():
        seen = [observed.run(graph, feeds) for feeds in samples[graph]]
        made[graph] = folder / f"{graph}.plain.onnx"
        rounded(path, made[graph], lambda name, of: of(float(x[name]) for x in seen))
    return loop.Network(made, threads, optimizes=False)


def convolutions(model):
    return [node for node in model.graph.node if node.op_type == "Conv"]


def observing(path, target):
    """Writes the graph with the extremes of every convolution's input as outputs."""
    model = onnx.load(str(path))
    for value in dict.fromkeys(node.input[0] for node in convolutions(model)):
        for operator in ("ReduceMin", "ReduceMax"):
            name = f"{value}.{operator}"
            model.graph.node.append(
                helper.make_node(operator, [value], [name], keepdims=0))
            model.graph.output.append(
                helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, []))
    onnx.save(model, str(target))
    return target


def rounded(path, target, extreme):
    """Writes the graph with rounded kernels, and inputs of convolutions rounded on their way."""
    model = onnx.load(str(path))
    kernels = {node.input[1] for node in convolutions(model)}
    for tensor in model.graph.initializer:
        if tensor.name in kernels:
            weight = numpy_helper.to_array(tensor)
            scale = np.abs(weight).max((1, 2, 3), keepdims=True) / np.float32(127)
            scale[scale == 0] = 1
            tensor.CopyFrom(numpy_helper.from_array(
                (np.rint(weight / scale) * scale).astype(np.float32), tensor.name))
    nodes, roundings = [], {}
    for node in model.graph.node:
        if node.op_type == "Conv":
            value = node.input[0]
            if value not in roundings:
                low = min(extreme(f"{value}.ReduceMin", min), 0)
                high = max(extreme(f"{value}.ReduceMax", max), 0)
                scale = (high - low) / 255 or 1
                names = {part: f"{value}.plain.{part}" for part in ("scale", "zero", "u8", "real")}
                parameters = [names["scale"], names["zero"]]
                model.graph.initializer.extend([
                    numpy_helper.from_array(np.float32(scale), names["scale"]),
                    numpy_helper.from_array(np.uint8(round(-low / scale)), names["zero"])])
                nodes += [
                    helper.make_node("QuantizeLinear", [value, *parameters], [names["u8"]]),
                    helper.make_node(
                        "DequantizeLinear", [names["u8"], *parameters], [names["real"]])]
                roundings[value] = names["real"]
            node.input[0] = roundings[value]
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(target))


PEERS = {
    "ONNX Runtime min-max, all operators": onnxruntime_static(CalibrationMethod.MinMax),
    "ONNX Runtime min-max, Conv": onnxruntime_static(CalibrationMethod.MinMax, ["Conv"]),
    "ONNX Runtime percentile, Conv": onnxruntime_static(CalibrationMethod.Percentile, ["Conv"]),
    "ONNX Runtime entropy, Conv": onnxruntime_static(CalibrationMethod.Entropy, ["Conv"]),
    "NNCF mixed preset, bias correction": nncf_mixed,
}
PLAIN = "plain simulation (fp32 residuals and results)"
