"""Exports to ONNX, and what other tools make of them."""

import dataclasses
import io
import logging
import pathlib
import tempfile

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented

import network

FRAME = 32
"""Height and width of the frames that the static graphs are for."""

SCOPES = ("namespace", "pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy")
"""The metadata that tells where in the module tree a node comes from."""



def nothing(key):
    return False


COUNTERS = "*.num_batches_tracked"
NORMALIZATION = ["Encoder_?.mean", "Encoder_?.std"]
STEM_NORM = "Encoder_M.bn1"


@dataclasses.dataclass
class Part:
    """One graph before its export: the module, what goes in, and the names of both ends."""

    file: str
    module: torch.nn.Module
    arguments: tuple
    inputs: list
    outputs: list
    dynamic: dict = None


def parts(net, names={}):
    """The three graphs that most people export."""
    size = net.size
    generator = torch.Generator().manual_seed(2)

    def rand(*shape):
        return torch.rand(shape, generator=generator)

    cells = FRAME // 16
    expansion = 1 if net.style.basic else 4
    frame, mask, others = rand(1, 3, FRAME, FRAME), rand(1, 1, FRAME, FRAME), rand(1, 1, FRAME, FRAME)
    memory = [rand(1, size.key, 2, cells, cells), rand(1, size.value, 2, cells, cells)]
    query = [rand(1, size.key, cells, cells), rand(1, size.value, cells, cells)]
    skips = [
        rand(1, size.width * 2 * expansion, cells * 2, cells * 2),
        rand(1, size.width * expansion, cells * 4, cells * 4)]
    spatial = {2: "height", 3: "width"}
    return {
        "memorize": Part(
            "memorize", network.Memorize(net, names), (frame, mask, others),
            ["frame", "mask", "others"], ["key", "value"],
            {"frame": spatial, "mask": spatial, "others": spatial}),
        "query": Part(
            "query", network.Query(net, names), (frame,), ["frame"], ["key", "value", "r3", "r2"],
            {"frame": spatial}),
        "decode": Part(
            "decode", network.Decode(net, names), (*memory, *query, *skips),
            ["memory_keys", "memory_values", "query_key", "query_value", "r3", "r2"], ["logits"],
            {"memory_keys": {2: "time"}, "memory_values": {2: "time"}}),
        "segment": Part(
            "segment", network.Segment(net, names), (frame, mask, others, frame.flip(3)),
            ["memory_frame", "mask", "others", "query_frame"], ["logits"]),
        "encode": Part(
            "encode", network.Encode(net, names), (frame, mask, others, frame.flip(3)),
            ["memory_frame", "mask", "others", "query_frame"],
            ["memory_key", "memory_value", "query_key", "query_value", "r3", "r2"]),
    }


def torchscript(part, opset=17, fold=False, dynamic=False):
    buffer = io.BytesIO()
    modes = torch.onnx.TrainingMode
    torch.onnx.export(
        part.module, part.arguments, buffer, dynamo=False, opset_version=opset,
        input_names=part.inputs, output_names=part.outputs,
        dynamic_axes=part.dynamic if dynamic else None, do_constant_folding=fold,
        training=modes.EVAL if fold else modes.PRESERVE)
    return onnx.load_from_string(buffer.getvalue())


def dynamo(part, opset, optimize=True, keep=lambda key: key in SCOPES):
    """The newer exporter; of its metadata only what `keep` says: its stack traces hold the paths
    of the machine."""
    program = torch.onnx.export(
        part.module, part.arguments, dynamo=True, opset_version=opset, input_names=part.inputs,
        output_names=part.outputs, verbose=False, optimize=optimize)
    model = onnx.load_from_string(program.model_proto.SerializeToString())

    def clean(message):
        kept = [entry for entry in message.metadata_props if keep(entry.key)]
        del message.metadata_props[:]
        message.metadata_props.extend(kept)

    graph = model.graph
    for message in [model, graph, *graph.node, *graph.initializer, *graph.value_info,
                    *graph.input, *graph.output, *model.functions]:
        clean(message)
    if not keep("namespace"):
        del graph.value_info[:]
    return model


def runtime_optimized(model, level):
    """What onnxruntime writes of `model` after optimizing it."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "model.onnx")
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = getattr(
            onnxruntime.GraphOptimizationLevel, f"ORT_ENABLE_{level}")
        options.optimized_model_filepath = path
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return settled(onnx.load(path))


def settled(model):
    """The model with nodes in the topological order that their outputs' names give, and without
    the serial numbers of reorderings: onnxruntime leaves both to chance."""
    for node in model.graph.node:
        if node.op_type.startswith("Reorder"):
            node.name = ""
    return ordered(
        model, lambda ready: min(ready, key=lambda item: list(item[1].output))[0])


def slim(model):
    import onnxslim
    logging.disable(logging.WARNING)
    return onnxslim.slim(onnx.load_from_string(model.SerializeToString()))


def sim(model):
    import onnxsim
    return onnxsim.simplify(model)[0]


def fuse_bn(model):
    import onnxoptimizer
    return onnxoptimizer.optimize(model, ["fuse_bn_into_conv", "eliminate_unused_initializer"])


def half(model, keep_io_types):
    from onnxconverter_common import float16
    return float16.convert_float_to_float16(model, keep_io_types=keep_io_types)


def copied(model):
    return onnx.load_from_string(model.SerializeToString())


def bfloat16_initializers(model):
    """Initializers in bfloat16, each cast to binary32 where it is used."""
    model = copied(model)
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT:
            continue
        values = torch.from_numpy(numpy_helper.to_array(tensor).copy()).to(torch.bfloat16)
        name = tensor.name
        tensor.CopyFrom(helper.make_tensor(
            name + "_bf16", TensorProto.BFLOAT16, tensor.dims,
            values.view(torch.int16).numpy().tobytes(), raw=True))
        casts.append(helper.make_node("Cast", [name + "_bf16"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def renamed(model, rename):
    """The model with every value and node named by `rename(name)`."""
    model = copied(model)
    graph = model.graph
    for node in graph.node:
        node.input[:] = [rename(name) if name else "" for name in node.input]
        node.output[:] = [rename(name) if name else "" for name in node.output]
    for named in [*graph.initializer, *graph.input, *graph.output]:
        named.name = rename(named.name)
    del graph.value_info[:]
    return model


def anonymous(model, seed, keep_ends=True):
    """The model with meaningless names, initializers in random order; `keep_ends` keeps the
    names of inputs and outputs, otherwise they are x0, x1, ... and y0, y1, ..."""
    generator = np.random.default_rng(seed)
    graph = model.graph
    ends = {value.name: value.name for value in [*graph.input, *graph.output]}
    if not keep_ends:
        ends = {value.name: f"x{index}" for index, value in enumerate(graph.input)}
        ends |= {value.name: f"y{index}" for index, value in enumerate(graph.output)}
    values = {tensor.name for tensor in graph.initializer}
    values |= {name for node in graph.node for name in node.output if name}
    values = sorted(values - set(ends))
    numbers = generator.permutation(len(values))
    names = {name: f"v{number}" for name, number in zip(values, numbers)} | ends
    model = renamed(model, names.get)
    for node in model.graph.node:
        node.name = ""
    model.graph.name = "g"
    shuffle(model.graph.initializer, generator)
    return model


def shuffle(repeated, generator):
    items = [repeated[int(index)] for index in generator.permutation(len(repeated))]
    copies = [type(item).FromString(item.SerializeToString()) for item in items]
    del repeated[:]
    repeated.extend(copies)


def shuffled(model, seed, valid):
    """The model with its nodes in random order, a topological one where `valid`."""
    model = copied(model)
    generator = np.random.default_rng(seed)
    if not valid:
        shuffle(model.graph.node, generator)
        return model
    return ordered(model, lambda ready: ready[int(generator.integers(len(ready)))][0])


def ordered(model, choose):
    """The model with its nodes in a topological order; `choose` picks the index of the next from
    [(index, node)]."""
    waiting = [copied_node(node) for node in model.graph.node]
    known = {tensor.name for tensor in model.graph.initializer}
    known |= {value.name for value in model.graph.input} | {""}
    del model.graph.node[:]
    while waiting:
        ready = [item for item in enumerate(waiting) if known.issuperset(item[1].input)]
        node = waiting.pop(choose(ready))
        known.update(node.output)
        model.graph.node.append(node)
    return model


def copied_node(node):
    return onnx.NodeProto.FromString(node.SerializeToString())


def constants(model):
    """Initializers as Constant nodes."""
    model = copied(model)
    nodes = [
        helper.make_node("Constant", [], [tensor.name], name=f"Constant_{index}", value=tensor)
        for index, tensor in enumerate(model.graph.initializer)]
    for node in nodes:
        node.attribute[0].t.name = ""
    nodes += model.graph.node
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def typed_fields(model):
    """Initializers in `float_data` and `int64_data` in place of `raw_data`."""
    model = copied(model)
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor).flatten().tolist()
        tensor.CopyFrom(
            helper.make_tensor(tensor.name, tensor.data_type, tensor.dims, values, raw=False))
    return model


def listed_inputs(model):
    """Initializers among the graph's inputs, as files before IR version 4 had to have them."""
    model = copied(model)
    model.ir_version = 3
    model.graph.input.extend(
        helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
        for tensor in model.graph.initializer)
    return model


def swapped_storage(model, first, second):
    """The model in which two initializers have each other's place; the graph is the same."""
    model = copied(model)
    initializers = model.graph.initializer
    a, b = (
        next(i for i, tensor in enumerate(initializers) if tensor.name == name)
        for name in (first, second))
    copies = [TensorProto.FromString(tensor.SerializeToString()) for tensor in initializers]
    copies[a], copies[b] = copies[b], copies[a]
    del initializers[:]
    initializers.extend(copies)
    return model


def quantized(model, part, qdq):
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            self.batches = iter([feed(model, part)])

        def get_next(self):
            return next(self.batches, None)

    formats = quantization.QuantFormat
    with tempfile.TemporaryDirectory() as folder:
        source, target = (str(pathlib.Path(folder) / name) for name in ("a.onnx", "b.onnx"))
        onnx.save(model, source)
        logging.disable(logging.WARNING)
        quantization.quantize_static(
            source, target, Reader(), quant_format=formats.QDQ if qdq else formats.QOperator)
        return onnx.load(target)


KINDS = {
    TensorProto.FLOAT: np.float32, TensorProto.FLOAT16: np.float16, TensorProto.DOUBLE: np.float64}


def feed(model, part):
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in stored]
    return {
        value.name: argument.numpy().astype(KINDS[value.type.tensor_type.elem_type])
        for value, argument in zip(inputs, part.arguments, strict=True)}


def deviation(model, part):
    """How far onnxruntime's outputs are from the module's, relative to the largest magnitude of
    each; or why onnxruntime refuses the model. (It has no convolution of binary64: the reference
    evaluator of onnx has.)"""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        found = session.run(None, feed(model, part))
    except NotImplemented:
        found = ReferenceEvaluator(model).run(None, feed(model, part))
    except Exception as error:
        return f"onnxruntime: {str(error).splitlines()[0][:150]}"
    kind = next(part.module.parameters()).dtype
    with torch.no_grad():
        expected = part.module(*[argument.to(kind) for argument in part.arguments])
    expected = expected if isinstance(expected, tuple) else (expected,)
    return max(
        float(np.abs(a.astype(np.float64) - b.double().numpy()).max() / b.abs().max())
        for a, b in zip(found, expected, strict=True))


def has(model, operator):
    return any(node.op_type == operator for node in model.graph.node)


def norms_left(models):
    return sum(
        node.op_type == "BatchNormalization" for model in models for node in model.graph.node)


class OnnxCases:
    """Writes the cases whose files are ONNX; `zoo.add` takes each one's maker and facts."""

    def __init__(self, zoo):
        self.zoo = zoo
        self.size = zoo.size
        self.state = zoo.state
        self.canonical = network.styled(self.state, self.size, network.Style())
        self.memorize_trunk = ["Encoder_M.res*"]
        self.query_trunk = ["Encoder_Q.*"]
        self.foldable = self.memorize_trunk + self.query_trunk

    def add(self, name, files, outcome="exact", *, style=None, names={}, accuracy=1e-5,
            arrives_folded=(), absent=(), norms=None, **facts):
        """Adds a case.

        `files` maps the name of a part to what makes its model from the part; parts of the three
        that it leaves out come from `torchscript-17-unfolded`. `accuracy` is how closely
        onnxruntime must follow PyTorch, or `None` where that is not to be expected; `norms` is how
        many batch norms must be left.
        """
        def build():
            style_used = style or network.Style()
            net = (
                network.styled(self.state, self.size, style_used)
                if not style_used.basic else self.random(style_used))
            available = parts(net, names)
            plain = parts(self.canonical)
            models = {}
            for part_name, make in files.items():
                part = available[part_name]
                model = make(part)
                models[part_name] = model
                if name != "shared":
                    self.check(name, part_name, deviation(model, part), accuracy)
            if norms is not None:
                found = norms_left(models.values())
                self.zoo.expect(found == norms, name, f"{found} batch norms where {norms} are due")
            if not {"segment", "encode"} & set(files):
                for part_name in ("memorize", "query", "decode"):
                    if part_name not in models:
                        models[part_name] = torchscript(plain[part_name])
                models = {key: models[key] for key in ("memorize", "query", "decode")}
            return {f"{key}.onnx": model.SerializeToString() for key, model in models.items()}

        self.zoo.add(
            name, build, outcome, absent=[COUNTERS, *absent], arrives_folded=arrives_folded, **facts)

    def check(self, name, part, found, accuracy):
        note = found if isinstance(found, str) else f"{found:.1e}"
        if accuracy is not None:
            close = not isinstance(found, str) and found <= accuracy
            self.zoo.expect(close, name, f"{part} is not what PyTorch computes: {note}")
        self.zoo.note(name, f"{part} {note}")

    def random(self, style):
        torch.manual_seed(3)
        return network.Network(self.size, style)

    def all(self):
        self.exporters()
        self.arrangements()
        self.optimizers()
        self.element_types()
        self.disguises()
        self.styles()
        self.foreign()

    def three(self, make):
        return {part: make for part in ("memorize", "query", "decode")}

    def exporters(self):
        wrappers = {
            11: {"Encoder_M": "encoder", "Encoder_Q": "encoder", "KV_M_r4": "kv", "KV_Q_r4": "kv",
                 "Decoder": "decoder"},
            13: {"Encoder_M": "net.backbone", "Encoder_Q": "net.backbone", "KV_M_r4": "net.heads",
                 "KV_Q_r4": "net.heads", "Decoder": "net.head"},
        }
        for opset in (9, 11, 13, 17):
            names = wrappers.get(opset, {})
            remark = {
                9: "Opset 9 has no half-pixel bilinear: decode has Upsample, which is not what "
                   "PyTorch computes; the exporter warns.",
                11: "memorize and query call their modules encoder and kv: the same names for "
                    "different weights.",
                13: "memorize and query call their modules net.backbone and net.heads: the same "
                    "names for different weights.",
                17: "Canonical names."}[opset]
            for fold in (False, True):
                def make(part, opset=opset, fold=fold):
                    return torchscript(part, opset, fold and part.file != "decode")

                self.add(
                    f"torchscript-{opset}-{'folded' if fold else 'unfolded'}", self.three(make),
                    "folded" if fold else "exact", names=names,
                    accuracy=None if opset == 9 else 1e-5,
                    arrives_folded=self.foldable if fold else (), remark=remark,
                    norms=1 if fold else None)
        self.add(
            "torchscript-17-dynamic",
            {part: lambda part: torchscript(part, 17, True, dynamic=True)
             for part in ("query", "decode")},
            "folded", arrives_folded=self.query_trunk,
            remark="Sizes and memory length are dynamic: Shape, Gather and Concat nodes.")
        self.add(
            "dynamo-18",
            {"memorize": lambda part: dynamo(part, 18)}
            | {"query": lambda part: dynamo(part, 18, keep=nothing)},
            "folded", arrives_folded=self.foldable, norms=1,
            remark="Fused biases are X.weight_bias. memorize's metadata_props hold the modules' paths.")
        self.add(
            "dynamo-25", {
                part: lambda part: dynamo(part, 25, keep=nothing) for part in ("query", "decode")},
            "folded", arrives_folded=self.query_trunk, norms=0,
            remark="query and decode: the newest opset of this exporter; no metadata_props.")
        self.add(
            "dynamo-18-unfolded",
            {"memorize": lambda part: dynamo(part, 18, optimize=False, keep=nothing)},
            remark="memorize: optimize=False; no metadata_props.")

    def arrangements(self):
        for fold in (False, True):
            kind = "folded" if fold else "unfolded"
            facts = dict(
                outcome="folded" if fold else "exact",
                arrives_folded=self.foldable if fold else (), norms=1 if fold else None)
            self.add(
                f"one-graph-{kind}", {"segment": lambda part, fold=fold: torchscript(part, 17, fold)},
                remark="Everything in one graph, the memory read inside. Equal initializers (mean, "
                "std) are shared through Identity nodes.", **facts)
        self.add(
            "two-graphs",
            {"encode": lambda part: torchscript(part, 17, True),
             "decode": lambda part: torchscript(part)},
            "folded", arrives_folded=self.foldable, norms=1, remark="Both encoders in one graph; decode is in another.")

    def optimizers(self):
        def only(part, tool):
            return {part: lambda part: tool(torchscript(part))}

        self.add("onnxslim", only("memorize", slim), "folded", accuracy=1e-4, norms=1,
                 arrives_folded=self.memorize_trunk, remark="memorize: onnxslim of the unfolded export.")
        self.add("onnxsim", only("memorize", sim), "folded", accuracy=1e-4, norms=1,
                 arrives_folded=self.memorize_trunk, remark="memorize: onnxsim of the unfolded export.")
        self.add("onnxoptimizer", only("query", fuse_bn), "folded", accuracy=1e-4, norms=0,
                 arrives_folded=self.query_trunk, remark="query: pass fuse_bn_into_conv.")
        self.add(
            "onnxruntime-basic", only("memorize", lambda model: runtime_optimized(model, "BASIC")),
            "folded", accuracy=1e-4, arrives_folded=self.memorize_trunk, norms=1,
            remark="memorize: onnxruntime's file after basic optimizations.")
        self.add(
            "onnxruntime-extended",
            {part: lambda part: runtime_optimized(torchscript(part), "EXTENDED")
             for part in ("query", "decode")}, "folded",
            accuracy=1e-4, arrives_folded=self.query_trunk, norms=0,
            remark="query and decode: FusedConv of com.microsoft.")
        self.add(
            "onnxruntime-all",
            only("decode", lambda model: runtime_optimized(model, "ALL")), "exact",
            accuracy=1e-4, remark="decode: operators of com.microsoft.nchwc with weights in blocks, whose "
            "size depends on the processor that wrote the file.")

    def element_types(self):
        def converted(part, keep, fold):
            return half(torchscript(part, 17, fold), keep)

        self.add(
            "float16", self.three(lambda part: converted(part, False, True)), "folded",
            tolerance=1e-3, accuracy=5e-2, arrives_folded=self.foldable, remark="onnxconverter-common.")
        self.add(
            "float16-io",
            {"decode": lambda part: converted(part, True, False)},
            "rounded", tolerance=1e-3, accuracy=5e-2,
            remark="decode with keep_io_types: Cast nodes at both ends. (Of query, whose "
            "outputs r3 and r2 are used inside, the converter makes a file that cannot run.)")
        self.add(
            "bfloat16", {"decode": lambda part: bfloat16_initializers(torchscript(part))}, "rounded",
            tolerance=8e-3, accuracy=1e-1,
            remark="Initializers in bf16, each through a Cast; decode alone.")
        self.add(
            "float64", {"decode": double},
            remark="decode in double precision; every value is exact in f32.")

    def disguises(self):
        def disguised(transform, fold=False):
            return lambda part: transform(anonymous(torchscript(part, 17, fold), seed=5))

        def same(model):
            return model

        self.add(
            "anonymous-folded", self.three(disguised(same, fold=True)), "folded",
            arrives_folded=self.foldable,
            remark="Values have meaningless names, nodes none, initializers a random order; inputs "
            "and outputs keep their names.")
        self.add(
            "anonymous-order",
            {part: disguised(lambda m: shuffled(m, 6, valid=True)) for part in ("memorize", "query")},
            remark="memorize and query: the same, unfolded, nodes in a random order that is topological.")
        self.add(
            "anonymous-disorder", {"query": disguised(lambda m: shuffled(m, 7, valid=False))},
            accuracy=None,
            remark="query's nodes in an order that is not topological, which the format forbids; "
            "the values' names still tell the graph.")
        self.add(
            "anonymous-inputs",
            {"memorize": lambda part: anonymous(torchscript(part, 17, True), 8, keep_ends=False)},
            "refused", word="conv1_o",
            remark="Inputs are x0, x1, x2: nothing tells mask from others, conv1_m from conv1_o.")
        self.add(
            "anonymous-swapped",
            {"query": swapped},
            remark="query: names are numbers in the order of the nodes, but the initializers of "
            "res2.0.conv3 and res2.0.downsample.0, of one shape, are stored in each other's place.")
        self.add(
            "constants", {"query": lambda part: constants(torchscript(part))},
            remark="query: initializers are Constant nodes.")
        self.add(
            "typed-fields", {"decode": lambda part: typed_fields(torchscript(part))},
            remark="decode: float_data in place of raw_data.")
        self.add(
            "listed-inputs",
            {"query": lambda part: listed_inputs(torchscript(part, 9))},
            remark="query: IR version 3, initializers are among the graph's inputs.")

    def styles(self):
        Style = network.Style
        memorize = {"memorize": lambda part: torchscript(part)}
        query = {"query": lambda part: torchscript(part)}
        self.add(
            "epsilon", query, "folded", style=Style(epsilon=1e-3),
            remark="query: batch norms with epsilon 1e-3; running_var is truth's + 1e-5 - 1e-3.")
        self.add(
            "multiply-add", memorize, "folded", style=Style(affine=True), norms=0,
            remark="memorize: each batch norm is Mul and Add with [1,C,1,1].")
        self.add(
            "biased-norm", query, "folded", style=Style(biased=True),
            remark="query: convolutions before batch norms have a bias, as Keras' ResNet has; running_mean "
            "is truth's + that bias.")
        self.add(
            "biased-norm-folded", {"memorize": lambda part: torchscript(part, 17, True)}, "folded",
            style=Style(biased=True), norms=1,
            arrives_folded=self.memorize_trunk,
            remark="memorize: the same after the exporter folded; conv1 keeps its own bias beside "
            "its batch norm.")
        self.add(
            "joined-stem", memorize, style=Style(joined_stem=True),
            remark="memorize: conv1 is one convolution [w,5,7,7] of Concat(frame, mask, others).")
        self.add(
            "joined-stem-folded", {"memorize": lambda part: torchscript(part, 17, True)}, "folded",
            style=Style(joined_stem=True), norms=0,
            arrives_folded=["Encoder_M.*"],
            remark="memorize: the same; now bn1 folds too.")
        self.add(
            "normalization-none", {"query": lambda part: torchscript(part, 17, True)}, "folded",
            style=Style(normalize="none"), norms=0, arrives_folded=self.query_trunk,
            absent=["Encoder_Q.mean", "Encoder_Q.std"],
            remark="query: the frame goes straight into conv1, batch norms are folded; who calls it normalizes.")
        self.add(
            "normalization-multiply", query, style=Style(normalize="multiply"),
            tolerances={"Encoder_Q.std": 1e-6},
            remark="query: (frame - mean) * scale; std is 1 / scale to a rounding.")
        self.add(
            "normalization-shift", query, "folded", style=Style(normalize="shift"),
            absent=["Encoder_Q.std"], differs=self.divided_stem(),
            remark="query: frame - mean; conv1 is divided by std. (The mean cannot be folded as "
            "well: the convolution pads with zeros after normalization.) Right is conv1 * std with "
            "std, or conv1 as it is with std 1: `differs` holds the latter.")
        self.add(
            "rectified-skip", {"decode": lambda part: torchscript(part)}, residual="rectified",
            style=Style(rectified_skip=True),
            remark="decode: ResBlock's first ReLU was in place, so the skip is relu(x): the same "
            "weights, another function.")
        self.shared()

    def divided_stem(self):
        weight = self.state["Encoder_Q.conv1.weight"].double()
        std = self.state["Encoder_Q.std"]
        return {
            "Encoder_Q.conv1.weight": (weight / std.double()).float(),
            "Encoder_Q.std": torch.ones_like(std)}

    def shared(self):
        """A network with layers that training has not told apart."""
        state = {name: value.clone() for name, value in self.state.items()}
        differs = {}
        for layer in ("Encoder_Q.res2.0.bn1", "Encoder_Q.res2.0.bn2", "Encoder_Q.res3.0.bn1",
                      "Encoder_Q.res3.0.bn2"):
            for part, value in {
                "weight": 1.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0}.items():
                name = f"{layer}.{part}"
                state[name] = differs[name] = torch.full_like(state[name], value)

        def export(part):
            net = network.styled(state, self.size, network.Style())
            part = parts(net)["query"]
            model = torchscript(part)
            self.check("shared", "query", deviation(model, part), 1e-5)
            self.zoo.expect(has(model, "Identity"), "shared", "no Identity")
            return model

        self.add(
            "shared", {"query": export}, accuracy=None, differs=differs,
            remark="query: batch norms that are still as they were initialized; equal initializers "
            "are one, the others reach it through Identity.")

    def foreign(self):
        Style = network.Style
        self.add(
            "stride-first", {"query": lambda part: torchscript(part, 17, True)}, "refused",
            word="stride", style=Style(stride_first=True),
            remark="query: ResNet v1, the stride is on the first 1x1 of a bottleneck. Shapes and "
            "names are the published ones.")
        self.add(
            "basic-blocks",
            {part: lambda part: torchscript(part, 17, True) for part in ("memorize", "query")},
            "refused", word="bottleneck", style=Style(basic=True),
            remark="memorize and query: ResNet-18's blocks.")
        for qdq in (True, False):
            self.add(
                "quantized-qdq" if qdq else "quantized-qoperator",
                {"query": lambda part, qdq=qdq: quantized(torchscript(part, 17, True), part, qdq)},
                "refused", word="QuantizeLinear" if qdq else "QLinearConv", accuracy=None,
                remark="query: onnxruntime's static quantization.")


def double(part):
    part.module.double()
    part.arguments = tuple(argument.double() for argument in part.arguments)
    return torchscript(part)


def swapped(part):
    """Initializers named by the position of their use, two of them stored in swapped order."""
    model = torchscript(part)
    pair = ["Encoder_Q.res2.0.conv3.weight", "Encoder_Q.res2.0.downsample.0.weight"]
    names = {}
    for node in model.graph.node:
        for name in [*node.input, *node.output]:
            names.setdefault(name, f"w{len(names)}")
    for value in [*model.graph.input, *model.graph.output]:
        names[value.name] = value.name
    model = renamed(swapped_storage(model, *pair), names.get)
    for node in model.graph.node:
        node.name = ""
    return model
