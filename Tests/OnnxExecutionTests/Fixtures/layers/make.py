"""Writes models of one node each, with inputs and what ONNX Runtime computes from them; for the
cases marked `by_reference` the reference evaluator of the package onnx, since ONNX Runtime has no
kernel for those types or old operator sets. Neither takes a zero point for each channel of the
weights of ConvInteger, whose result is that of Conv.

Needs onnx, onnxruntime, safetensors and numpy. The models that end in -refused have no recorded
outputs; the tests say why they cannot run.
"""

import os

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save_file

FOLDER = os.path.dirname(os.path.abspath(__file__))
random = np.random.default_rng(7)


def real(*shape, dtype=np.float32):
    return random.uniform(-2, 2, shape).astype(dtype)


def whole(*shape, dtype=np.uint8):
    information = np.iinfo(dtype)
    low, high = max(information.min, -100), min(information.max, 200)
    return random.integers(low, high, shape, endpoint=True).astype(dtype)


def model(kind, inputs, opset, outputs=1, domain="", **attributes):
    names = [f"i{index}" for index in range(len(inputs))]
    node = helper.make_node(
        kind,
        [name if value is not None else "" for name, value in zip(names, inputs)],
        [f"o{index}" for index in range(outputs)],
        domain=domain,
        **attributes,
    )
    given = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape
        )
        for name, value in zip(names, inputs)
        if value is not None
    ]
    made = [
        helper.make_tensor_value_info(f"o{index}", TensorProto.UNDEFINED, None)
        for index in range(outputs)
    ]
    graph = helper.make_graph([node], "case", given, made)
    opsets = [helper.make_opsetid("", opset)]
    if domain:
        opsets.append(helper.make_opsetid(domain, 1))
    return helper.make_model(graph, opset_imports=opsets, ir_version=8 if opset < 21 else 10)


def typed(proto, results):
    for value, result in zip(proto.graph.output, results):
        value.CopyFrom(
            helper.make_tensor_value_info(
                value.name, helper.np_dtype_to_tensor_dtype(result.dtype), result.shape
            )
        )


def case(name, kind, *inputs, opset=17, by_reference=False, expected=None, **rest):
    inputs = [value if value is None else np.asarray(value) for value in inputs]
    proto = model(kind, inputs, opset, **rest)
    feeds = {f"i{i}": value for i, value in enumerate(inputs) if value is not None}
    if expected is not None:
        results = expected
    elif by_reference:
        results = ReferenceEvaluator(proto).run(None, feeds)
    else:
        del proto.graph.output[:]
        count = rest.get("outputs", 1)
        proto.graph.output.extend(onnx.ValueInfoProto(name=f"o{i}") for i in range(count))
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(
            proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        results = session.run(None, feeds)
    typed(proto, results)
    onnx.save(proto, f"{FOLDER}/{name}.onnx")
    entries = {f"input/{key}": np.array(value, order="C") for key, value in feeds.items()}
    entries |= {
        f"output/o{i}": np.array(result, order="C") for i, result in enumerate(results)
    }
    save_file(entries, f"{FOLDER}/{name}.safetensors")


def refused(name, kind, *inputs, opset=17, **rest):
    inputs = [np.asarray(value) for value in inputs]
    proto = model(kind, inputs, opset, **rest)
    for value in proto.graph.output:
        value.CopyFrom(helper.make_tensor_value_info(value.name, TensorProto.FLOAT, None))
    onnx.save(proto, f"{FOLDER}/{name}-refused.onnx")


def convolutions():
    case("conv-1d-dilated", "Conv", real(2, 4, 11), real(6, 2, 3), real(6), opset=11,
         group=2, dilations=[2], pads=[1, 3], strides=[2])
    case("conv-2d-same-lower", "Conv", real(1, 3, 6, 7), real(4, 3, 4, 2), opset=7,
         auto_pad="SAME_LOWER", strides=[2, 3])
    case("conv-2d-depthwise", "Conv", real(1, 5, 7, 6), real(5, 1, 3, 3), real(5), opset=22,
         group=5, pads=[1, 0, 2, 1], dilations=[1, 2])
    case("conv-3d", "Conv", real(1, 2, 4, 5, 3), real(3, 2, 2, 3, 2), real(3), opset=6,
         pads=[1, 0, 1, 0, 1, 1], strides=[1, 2, 1])
    case("conv-float64", "Conv", real(1, 2, 5, 5, dtype=np.float64),
         real(3, 2, 3, 3, dtype=np.float64), by_reference=True)
    case("conv-float16", "Conv", real(1, 2, 5, 5, dtype=np.float16),
         real(3, 2, 3, 3, dtype=np.float16), real(3, dtype=np.float16), opset=22,
         by_reference=True)
    case("convtranspose-groups", "ConvTranspose", real(2, 4, 4, 3), real(4, 3, 3, 2), real(6),
         opset=11, group=2, strides=[2, 3], pads=[1, 0, 0, 1], output_padding=[1, 2])
    case("convtranspose-shape-upper", "ConvTranspose", real(1, 2, 4, 4), real(2, 3, 3, 3),
         output_shape=[8, 7], strides=[2, 2], auto_pad="SAME_UPPER")
    case("convtranspose-shape", "ConvTranspose", real(1, 2, 4, 4), real(2, 3, 3, 3),
         output_shape=[8, 8], strides=[2, 2])
    case("convtranspose-same-lower", "ConvTranspose", real(1, 2, 5), real(2, 1, 4), opset=11,
         strides=[3], dilations=[2], auto_pad="SAME_LOWER")
    case("convtranspose-3d", "ConvTranspose", real(1, 2, 2, 3, 2), real(2, 2, 2, 2, 3),
         strides=[1, 2, 2])
    case("conv-nothing", "Conv", np.zeros((2**30, 1, 0), np.float32),
         np.ones((64, 1, 1), np.float32), np.ones(64, np.float32),
         expected=[np.zeros((2**30, 64, 0), np.float32)])


def poolings():
    x = real(1, 2, 7, 8)
    case("maxpool-ceil", "MaxPool", x, opset=10, kernel_shape=[3, 2], strides=[2, 3],
         ceil_mode=1, pads=[1, 0, 0, 1])
    case("maxpool-start-in-padding", "MaxPool", real(1, 1, 2, 2), opset=12,
         kernel_shape=[1, 1], strides=[2, 2], ceil_mode=1)
    case("maxpool-indices", "MaxPool", x, outputs=2, opset=12, kernel_shape=[3, 3],
         strides=[2, 2], pads=[1, 1, 1, 1], dilations=[1, 2])
    case("maxpool-indices-columns", "MaxPool", x, outputs=2, opset=8, kernel_shape=[2, 3],
         storage_order=1)
    case("maxpool-indices-3d", "MaxPool", real(2, 1, 3, 4, 5), outputs=2, opset=12,
         kernel_shape=[2, 2, 2], strides=[1, 2, 2])
    case("maxpool-int8", "MaxPool", whole(1, 2, 5, 6, dtype=np.int8), opset=12,
         kernel_shape=[2, 2], auto_pad="SAME_LOWER")
    case("maxpool-float64", "MaxPool", real(1, 2, 9, dtype=np.float64), kernel_shape=[4],
         strides=[3])
    case("averagepool-3d", "AveragePool", real(1, 2, 4, 5, 4), opset=7, kernel_shape=[2, 3, 2],
         pads=[1, 1, 0, 0, 1, 1], strides=[2, 2, 1])
    case("averagepool-ceil", "AveragePool", x, opset=10, kernel_shape=[3, 3], strides=[2, 2],
         pads=[1, 1, 0, 0], ceil_mode=1)
    case("averagepool-ceil-padding", "AveragePool", x, opset=19, kernel_shape=[4, 3],
         strides=[3, 3], pads=[1, 1, 1, 0], ceil_mode=1, count_include_pad=1)
    case("averagepool-dilated", "AveragePool", x, opset=19, kernel_shape=[3, 2],
         dilations=[2, 3], pads=[2, 0, 1, 1])
    case("averagepool-same", "AveragePool", x, opset=11, kernel_shape=[4, 4], strides=[3, 3],
         auto_pad="SAME_UPPER")
    case("maxpool-wide", "MaxPool", np.full((1, 1, 1, 1, 1), 3, np.float32),
         kernel_shape=[256] * 3, pads=[255] * 6, strides=[64] * 3)
    case("lppool", "LpPool", x, opset=11, kernel_shape=[2, 3], p=3, pads=[1, 0, 0, 1])
    case("globalaverage", "GlobalAveragePool", real(2, 3, 4, 5))
    case("globalmax", "GlobalMaxPool", real(2, 3, 4))


def products():
    case("matmul-broadcast", "MatMul", real(2, 1, 3, 4), real(5, 4, 2))
    case("matmul-vector-left", "MatMul", real(4), real(3, 4, 2))
    case("matmul-vectors", "MatMul", real(5), real(5))
    case("matmul-vector-right", "MatMul", real(2, 3, 4), real(4))
    case("matmul-nothing", "MatMul", real(2, 0), real(0, 3))
    case("matmul-int32", "MatMul", random.integers(-2**31, 2**31, (3, 4)).astype(np.int32),
         random.integers(-2**31, 2**31, (4, 2)).astype(np.int32), opset=9)
    case("matmul-uint64", "MatMul", random.integers(0, 2**63, (2, 3)).astype(np.uint64),
         random.integers(0, 2**63, (3, 2)).astype(np.uint64), opset=13)
    case("matmul-float16", "MatMul", real(3, 4, dtype=np.float16), real(4, 5, dtype=np.float16),
         by_reference=True)
    case("gemm-transposed", "Gemm", real(4, 3), real(5, 4), real(3, 1), opset=13, transA=1,
         transB=1, alpha=0.5, beta=2.0)
    case("gemm-broadcast-6", "Gemm", real(2, 3), real(3, 4), real(4), opset=6, broadcast=1,
         by_reference=True)
    case("gemm-no-c", "Gemm", real(2, 70), real(80, 70), opset=11, transB=1)
    case("gemm-int64", "Gemm", whole(2, 3, dtype=np.int64), whole(3, 2, dtype=np.int64),
         whole(2, dtype=np.int64), by_reference=True)


def normalizations():
    case("softmax-coerced", "Softmax", real(2, 3, 4), opset=11)
    case("softmax-coerced-0", "Softmax", real(2, 3), opset=7, axis=0)
    case("softmax-middle", "Softmax", real(2, 3, 4), opset=13, axis=1)
    case("logsoftmax", "LogSoftmax", 50 * real(2, 3, 4), opset=13)
    case("logsoftmax-coerced", "LogSoftmax", real(2, 3, 4), opset=11, axis=-2)
    parameters = [real(3), real(3), real(3), abs(real(3))]
    case("batchnorm-6", "BatchNormalization", real(2, 3, 4), *parameters, opset=6, is_test=1,
         by_reference=True)
    case("batchnorm-7", "BatchNormalization", real(2, 3, 2, 2), *parameters, opset=7, epsilon=0.1)
    case("batchnorm-9-matrix", "BatchNormalization", real(4, 3), *parameters, opset=9)
    case("batchnorm-15-mixed", "BatchNormalization", real(2, 3, 2, dtype=np.float16), *parameters,
         opset=15, by_reference=True)
    case("batchnorm-15-training", "BatchNormalization", real(2, 3, 5), *parameters, opset=15,
         outputs=3, training_mode=1, momentum=0.7)
    case("instancenorm", "InstanceNormalization", real(2, 3, 4, 2), real(3), real(3))
    case("instancenorm-far", "InstanceNormalization", np.full((1, 1, 2), 1 << 60, np.float32),
         np.ones(1, np.float32), np.full(1, 0.25, np.float32),
         expected=[np.full((1, 1, 2), 0.25, np.float32)])
    # The reference evaluator takes the number of images for that of channels.
    case("lrn-even", "LRN", real(7, 7, 1, 2), opset=13, size=4, alpha=0.5, beta=0.6, bias=1.5,
         by_reference=True)


def quantized():
    def scale(*shape, dtype=np.float32):
        return random.uniform(0.01, 0.1, shape).astype(dtype)

    ties = np.array([-0.15, -0.05, 0.05, 0.15, 0.25, 30.0, -30.0, np.inf], np.float32)
    case("quantize-ties", "QuantizeLinear", ties, np.float32(0.1), np.int8(3), opset=10)
    case("quantize-axis", "QuantizeLinear", real(2, 3, 2), scale(3), whole(3), opset=13, axis=-2)
    case("quantize-int32", "QuantizeLinear", whole(6, dtype=np.int32), np.float32(1.5), opset=13,
         by_reference=True)
    case("quantize-blocked", "QuantizeLinear", real(2, 5, 2), scale(2, 2, 2),
         whole(2, 2, 2, dtype=np.int16), opset=21, axis=1, block_size=3)
    case("quantize-output-type", "QuantizeLinear", real(4), scale(1), opset=21,
         output_dtype=TensorProto.UINT16)
    case("dequantize-axis-0", "DequantizeLinear", whole(3, 2, dtype=np.int8), scale(3),
         whole(3, dtype=np.int8), opset=13, axis=0)
    case("dequantize-int32", "DequantizeLinear", random.integers(-2**31, 2**31, 5).astype(np.int32),
         np.float32(0.5), opset=10)
    case("dequantize-float16", "DequantizeLinear", whole(2, 3), scale(2, dtype=np.float16),
         whole(2), opset=19, axis=0)
    case("dequantize-blocked", "DequantizeLinear", whole(4, 3, dtype=np.uint16), scale(2, 3),
         whole(2, 3, dtype=np.uint16), opset=21, axis=0, block_size=2)
    case("dequantize-output-type", "DequantizeLinear", whole(4), scale(1, dtype=np.float16),
         opset=23, output_dtype=TensorProto.FLOAT, by_reference=True)
    case("dynamic", "DynamicQuantizeLinear", real(3, 4), outputs=3, opset=11)
    case("dynamic-positive", "DynamicQuantizeLinear", abs(real(5)), outputs=3, opset=11)
    case("convinteger", "ConvInteger", whole(1, 2, 5, 5), whole(3, 2, 3, 2), np.uint8(120),
         np.uint8(90), opset=10, pads=[1, 1, 0, 0], strides=[2, 1])
    x, weight, zeros = whole(1, 4, 5), whole(2, 2, 3, dtype=np.int8), whole(2, dtype=np.int8)
    offsets = weight.astype(np.float32) - zeros[:, None, None]
    [sums] = ReferenceEvaluator(model("Conv", [x.astype(np.float32), offsets], 11, group=2)).run(
        None, {"i0": x.astype(np.float32), "i1": offsets}
    )
    case("convinteger-channels", "ConvInteger", x, weight, None, zeros, opset=10, group=2,
         expected=[sums.astype(np.int32)])
    case("qlinearconv", "QLinearConv", whole(1, 4, 5, 5), np.float32(0.02), np.uint8(128),
         whole(4, 2, 3, 3, dtype=np.int8), scale(4), np.zeros(4, np.int8), np.float32(0.7),
         np.uint8(110), whole(4, dtype=np.int32), opset=10, group=2, pads=[1, 1, 1, 1])
    case("qlinearconv-zero-point", "QLinearConv", whole(1, 2, 6), np.float32(0.02), np.uint8(128),
         whole(3, 2, 3), np.float32(0.03), np.uint8(100), np.float32(0.3), np.uint8(110),
         opset=10)
    case("qlinearmatmul", "QLinearMatMul", whole(2, 3, 4, dtype=np.int8), np.float32(0.03),
         np.int8(3), whole(4, 5, dtype=np.int8), scale(5), whole(5, dtype=np.int8),
         np.float32(0.9), np.int8(-9), opset=10)
    case("matmulinteger", "MatMulInteger", whole(3, 4), whole(4, 2, dtype=np.int8), np.uint8(7),
         whole(2, dtype=np.int8), opset=10)
    case("matmulinteger-rows", "MatMulInteger", whole(3, 4), whole(4, 2), whole(3, 1), opset=10,
         by_reference=True)


def fused():
    contributed = {"domain": "com.microsoft", "opset": 13}
    x, weight = real(1, 2, 4, 4), real(3, 2, 3, 3)
    case("fusedconv-relu", "FusedConv", x, weight, real(3), activation="Relu",
         pads=[1, 1, 1, 1], **contributed)
    case("fusedconv-sum", "FusedConv", x, weight, real(3), real(1, 3, 2, 2), activation="Relu",
         **contributed)
    case("fusedconv-leaky", "FusedConv", x, weight, activation="LeakyRelu",
         activation_params=[0.2], **contributed)
    case("fusedconv-hardsigmoid", "FusedConv", x, weight, activation="HardSigmoid",
         activation_params=[0.3, 0.4], **contributed)
    case("fusedconv-clip", "FusedConv", x, weight, activation="Clip",
         activation_params=[-0.5, 0.7], **contributed)
    case("fusedmatmul", "FusedMatMul", real(2, 4, 3), real(2, 5, 4), transA=1, transB=1,
         alpha=0.25, **contributed)
    case("fusedmatmul-batches", "FusedMatMul", real(3, 2, 4), real(4, 2, 5), transBatchA=1,
         transBatchB=1, **contributed)
    case("fusedmatmul-all", "FusedMatMul", real(4, 2, 3), real(5, 2, 4), transBatchA=1, transA=1,
         transBatchB=1, transB=1, **contributed)


def refusals():
    x = real(1, 2, 4, 4)
    refused("conv-4d", "Conv", real(1, 1, 2, 2, 2, 2), real(1, 1, 1, 1, 1, 1))
    refused("conv-groups", "Conv", x, real(3, 1, 1, 1), group=2)
    refused("conv-channels", "Conv", x, real(3, 3, 1, 1))
    refused("conv-window", "Conv", x, real(3, 2, 5, 5))
    refused("conv-kernel-shape", "Conv", x, real(3, 2, 2, 2), kernel_shape=[3, 3])
    refused("conv-strides", "Conv", x, real(3, 2, 2, 2), strides=[0, 1])
    refused("conv-pads", "Conv", x, real(3, 2, 2, 2), pads=[-1, 0, 0, 0])
    refused("conv-auto-pad", "Conv", x, real(3, 2, 2, 2), auto_pad="SAME")
    refused("conv-huge", "Conv", x, real(3, 2, 1, 1), pads=[2**20, 2**20, 0, 0])
    refused("conv-bias", "Conv", x, real(3, 2, 2, 2), real(2))
    refused("convtranspose-padding", "ConvTranspose", x, real(2, 1, 2, 2), pads=[9, 0, 0, 0])
    refused("maxpool-int32", "MaxPool", whole(1, 1, 4, dtype=np.int32), kernel_shape=[2])
    refused("maxpool-rank", "MaxPool", real(2, 3), kernel_shape=[2])
    refused("maxpool-empty-window", "MaxPool", real(1, 1, 1), outputs=2, kernel_shape=[2],
            pads=[3, 0])
    refused("matmul-extents", "MatMul", real(2, 3), real(2, 3))
    refused("matmul-scalar", "MatMul", real(), real(3))
    refused("matmul-int8", "MatMul", whole(2, 2, dtype=np.int8), whole(2, 2, dtype=np.int8))
    refused("gemm-broadcast", "Gemm", real(2, 3), real(3, 4), real(4), opset=6)
    refused("gemm-fraction", "Gemm", whole(2, 2, dtype=np.int64), whole(2, 2, dtype=np.int64),
            alpha=0.5)
    refused("softmax-axis", "Softmax", real(2, 3), axis=2)
    refused("softmax-coerced", "Softmax", real(2, 3), opset=11, axis=2)
    refused("batchnorm-scale", "BatchNormalization", x, real(3), real(2), real(2), real(2))
    refused("lrn-size", "LRN", x, size=0)
    refused("quantize-float8", "QuantizeLinear", real(4), real(), opset=21,
            output_dtype=TensorProto.FLOAT8E4M3FN)
    refused("quantize-scale", "QuantizeLinear", real(2, 3), real(2), opset=13)
    refused("qlinearconv-scales", "QLinearConv", whole(1, 1, 2, 2), np.float32(1), np.uint8(0),
            whole(2, 1, 1, 1), real(3), np.zeros(3, np.uint8), np.float32(1), np.uint8(0), opset=10)
    refused("fusedconv-activation", "FusedConv", x, real(3, 2, 1, 1), activation="Mish",
            domain="com.microsoft", opset=13)


for topic in (convolutions, poolings, products, normalizations, quantized, fused, refusals):
    topic()
