"""Files that hold tensors and no graph: PyTorch's, under the names of several forks, h5py's, numpy's."""

import io
import re
from unittest import mock

import h5py
import numpy as np
import torch

import network

COUNTERS = "*.num_batches_tracked"


def saved(value, legacy=True):
    """What torch.save writes; `legacy` is the stream from before PyTorch 1.6, whose keys of storages
    are addresses: here they are counts."""
    buffer = io.BytesIO()
    keys = {}

    def key(storage):
        return keys.setdefault(storage.data_ptr(), 1_000_000 + len(keys))

    if not legacy:
        torch.save(value, buffer)
        return buffer.getvalue()
    with mock.patch.object(torch.UntypedStorage, "_cdata", property(key), create=True):
        torch.save(value, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


def without_counters(state):
    return {name: value for name, value in state.items() if "num_batches" not in name}


def renamed(state, rules):
    """The state with every name rewritten by the patterns of `rules` in turn."""
    result = {}
    for name, value in state.items():
        for pattern, replacement in rules:
            name = re.sub(pattern, replacement, name)
        assert name not in result, name
        result[name] = value
    return result


LAYERS = [(rf"\.res{number + 1}\.", rf".layer{number}.") for number in (1, 2, 3)]

FORKS = {
    "fork-layers": (
        "layer1..3 for res2..4, conv1_bg for conv1_o.",
        [*LAYERS, (r"\.conv1_o\.", ".conv1_bg.")]),
    "fork-f16": (
        "mask_rgb_encoder, rgb_encoder, kv_m_f16.key_proj, up_16_8.",
        [*LAYERS, ("^Encoder_M", "mask_rgb_encoder"), ("^Encoder_Q", "rgb_encoder"),
         (r"^KV_([MQ])_r4\.", lambda match: f"kv_{match[1].lower()}_f16."), (r"\.Key\.", ".key_proj."),
         (r"\.Value\.", ".value_proj."), (r"^Decoder\.RF3", "decoder.up_16_8"),
         (r"^Decoder\.RF2", "decoder.up_8_4"), ("^Decoder", "decoder")]),
    "fork-snake": (
        "{'state_dict': ...}, `module.` inside, then encoder_memory, encoder_query, "
        "kv_memory.key_conv, kv_query.value_conv, decoder.",
        [("^Encoder_M", "encoder_memory"), ("^Encoder_Q", "encoder_query"),
         ("^KV_M_r4", "kv_memory"), ("^KV_Q_r4", "kv_query"), (r"\.Key\.", ".key_conv."),
         (r"\.Value\.", ".value_conv."), ("^Decoder", "decoder")]),
    "fork-unknown": (
        "Prefixes that nobody knows: net.memory_backbone, net.query_backbone, net.memory_heads, "
        "net.query_heads, net.mask_head.",
        [("^Encoder_M", "net.memory_backbone"), ("^Encoder_Q", "net.query_backbone"),
         ("^KV_M_r4", "net.memory_heads"), ("^KV_Q_r4", "net.query_heads"),
         ("^Decoder", "net.mask_head")]),
}


def classifier(state, size):
    """torchvision's names for a ResNet whose first stages are the query encoder."""
    generator = torch.Generator().manual_seed(4)
    trunk = {
        name.removeprefix("Encoder_Q."): value for name, value in state.items()
        if name.startswith("Encoder_Q.") and not name.endswith((".mean", ".std"))}
    trunk = renamed(trunk, [(rf"^res{number + 1}\.", f"layer{number}.") for number in (1, 2, 3)])
    last = network.Bottleneck(size.width * 16, size.width * 8, 2, network.Style())
    trunk |= {
        f"layer4.0.{name}": torch.rand(value.shape, generator=generator)
        for name, value in last.state_dict().items() if "num_batches" not in name}
    trunk["fc.weight"] = torch.rand(5, size.width * 32, generator=generator)
    trunk["fc.bias"] = torch.rand(5, generator=generator)
    return trunk


def hdf5(state, separator=".", kind=lambda name: "<f4", filters=False, newer=True):
    """A dump by h5py: flat, or in groups where `separator` is a slash."""
    buffer = io.BytesIO()
    layout = ("v110", "v110") if newer else ("v108", "v110")
    with h5py.File(buffer, "w", libver=layout) as file:
        for name, value in state.items():
            values = value.numpy()
            if values.dtype.kind == "f":
                values = values.astype(kind(name))
            options = {}
            if filters and values.size > 500:
                options = dict(
                    chunks=values.shape, compression="gzip", shuffle=True, fletcher32=True)
            file.create_dataset(name.replace(".", separator), data=values, **options)
    return buffer.getvalue()


def npz(state):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{name: value.numpy() for name, value in state.items()})
    return buffer.getvalue()


class WeightCases:
    """Writes the cases whose files hold tensors alone."""

    def __init__(self, zoo):
        self.zoo = zoo

    def add(self, name, file, make, outcome="exact", **facts):
        self.zoo.add(name, lambda: {file: make()}, outcome, **facts)

    def all(self):
        self.pytorch()
        self.forks()
        self.hdf5()
        few = without_counters(self.zoo.state)
        self.add("numpy", "stm.npz", lambda: npz(few), absent=[COUNTERS], remark="Compressed.")

    def pytorch(self):
        state = self.zoo.state
        few = without_counters(state)
        parallel = {f"module.{name}": value for name, value in state.items()}
        self.add("pytorch-zip", "stm.pth", lambda: saved(parallel, legacy=False),
                 remark="Names begin with `module.`.")
        self.add("pytorch-legacy", "stm.pth", lambda: saved(few), absent=[COUNTERS],
                 remark="The stream from before PyTorch 1.6; no counters. (A network whose ResBlocks "
                 "have rectified skips has the same file: nothing can tell.)")
        self.add("pytorch-checkpoint", "stm.pth", self.checkpoint, absent=[COUNTERS],
                 remark="{'model': ..., 'optimizer': ..., 'epoch': 7}: the optimizer's moments are "
                 "tensors too.")

    def checkpoint(self):
        state = without_counters(self.zoo.state)
        moments = {
            index: {"step": torch.tensor(12.0), "exp_avg": torch.full_like(value, 0.25),
                    "exp_avg_sq": torch.full_like(value, 0.5)}
            for index, value in enumerate(list(state.values())[-3:])}
        group = {"lr": 1e-5, "betas": (0.9, 0.999), "params": list(moments)}
        optimizer = {"state": moments, "param_groups": [group]}
        return saved({"model": state, "optimizer": optimizer, "epoch": 7})

    def forks(self):
        few = without_counters(self.zoo.state)
        for name, (remark, rules) in FORKS.items():
            def make(name=name, rules=rules):
                state = renamed(few, rules)
                if name != "fork-snake":
                    return saved(state)
                return saved({"state_dict": {f"module.{k}": v for k, v in state.items()}})

            self.add(name, "stm.pth", make, absent=[COUNTERS], remark=remark)

        def joined():
            net = network.styled(self.zoo.state, self.zoo.size, network.Style(joined_stem=True))
            return saved(without_counters(net.state_dict()))

        self.add("fork-joined-stem", "stm.pth", joined, absent=[COUNTERS],
                 remark="Encoder_M.conv1 is [w,5,7,7]: frame, mask, others.")
        self.add("torchvision", "resnet.pth",
                 lambda: saved(classifier(few, self.zoo.size)), "backbone", absent=[COUNTERS],
                 remark="A classifier's names: conv1, bn1, layer1..4, fc; trunk values are "
                 "Encoder_Q's, layer4 and fc are of no use.")

    def hdf5(self):
        few = without_counters(self.zoo.state)

        def kind(name):
            kinds = {"Encoder": "<f2", "KV": ">f4", "Decoder": ">f8"}
            return next(kinds[part] for part in kinds if name.startswith(part))

        self.add("hdf5-flat", "stm.h5", lambda: hdf5(few, newer=False), absent=[COUNTERS],
                 remark="Names with dots in the root group.")
        self.add("hdf5-groups-gzip", "stm.h5", lambda: hdf5(few, "/", filters=True),
                 absent=[COUNTERS],
                 remark="Groups; gzip, shuffle and fletcher32 where a tensor has over 500 elements.")
        self.add("hdf5-types", "stm.h5", lambda: hdf5(few, kind=kind), absent=[COUNTERS],
                 tolerances={"Encoder_?.*": 1e-3},
                 remark="Encoders in f16, KV_* in big-endian f32, Decoder in big-endian f64 whose "
                 "values are exact in f32.")
