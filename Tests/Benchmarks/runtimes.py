"""The peers: what else runs the published network's graphs on a processor.

PyTorch in fp32 and under bf16 autocast, in both memory layouts; ONNX Runtime in fp32 and in int8
(static, QDQ, a scale for each channel); OpenVINO in fp32, bf16 and int8 (NNCF). Sessions are made
anew for every measurement, so that no other's idle threads spin beside it.
needs: torch onnxruntime openvino nncf numpy
"""
import contextlib
import copy
import sys

import nncf
import onnxruntime
import openvino
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static


class Once(CalibrationDataReader):
    """A calibration set of one sample."""

    def __init__(self, sample):
        self.samples = iter([sample])

    def get_next(self):
        return next(self.samples, None)


def torch_runner(graphs, autocast, channels_last):
    modules = {name: module for name, (module, _) in graphs.items()}
    if channels_last:
        modules = {
            name: copy.deepcopy(module).to(memory_format=torch.channels_last)
            for name, module in modules.items()}

    def prepare(part):
        feeds = list(graphs[part][1].values())
        if channels_last:
            feeds = [
                x.to(memory_format=torch.channels_last) if x.dim() == 4 else x for x in feeds]

        def run():
            context = torch.autocast("cpu", torch.bfloat16) if autocast else (
                contextlib.nullcontext())
            with torch.inference_mode(), context:
                modules[part](*feeds)
        return run
    return prepare


def onnx_runner(paths, feeds, threads):
    def prepare(part):
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(
            paths[part], settings, providers=["CPUExecutionProvider"])
        return lambda: session.run(None, feeds[part])
    return prepare


def openvino_runner(paths, feeds, threads, hint):
    core = openvino.Core()

    def prepare(part):
        settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
        if hint:
            settings["INFERENCE_PRECISION_HINT"] = hint
        request = core.compile_model(paths[part], "CPU", settings).create_infer_request()
        inputs = list(feeds[part].values())
        return lambda: request.infer(inputs)
    return prepare


def onnx_int8(paths, feeds, folder):
    quantized = {part: str(folder / f"{part}-qdq.onnx") for part in paths}
    for part, path in paths.items():
        quantize_static(
            path, quantized[part], Once(feeds[part]), quant_format=QuantFormat.QDQ,
            per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    return quantized


def openvino_int8(paths, feeds, folder):
    quantized = {part: str(folder / f"{part}-nncf.xml") for part in paths}
    core = openvino.Core()
    for part, path in paths.items():
        sample = nncf.Dataset([list(feeds[part].values())])
        with contextlib.redirect_stdout(sys.stderr):
            model = nncf.quantize(
                core.read_model(path), sample, subset_size=1,
                preset=nncf.QuantizationPreset.MIXED)
        openvino.save_model(model, quantized[part], compress_to_fp16=False)
    return quantized


def runners(graphs, paths, options):
    """By precision and peer: a function from a part's name to what runs it."""
    feeds = {
        part: {name: tensor.numpy() for name, tensor in inputs.items()}
        for part, (_, inputs) in graphs.items()}
    threads = options.threads
    made = {}
    if "fp32" in options.precisions:
        made["fp32"] = {
            "torch": torch_runner(graphs, False, False),
            "torch, channels last": torch_runner(graphs, False, True),
            "onnxruntime": onnx_runner(paths, feeds, threads),
            "openvino": openvino_runner(paths, feeds, threads, "f32"),
        }
    if "bf16" in options.precisions:
        made["bf16"] = {
            "torch": torch_runner(graphs, True, False),
            "torch, channels last": torch_runner(graphs, True, True),
            "openvino": openvino_runner(paths, feeds, threads, "bf16"),
        }
    if "int8" in options.precisions:
        made["int8"] = {
            "onnxruntime": onnx_runner(onnx_int8(paths, feeds, options.folder), feeds, threads),
            "openvino": openvino_runner(
                openvino_int8(paths, feeds, options.folder), feeds, threads, None),
        }
    return made
