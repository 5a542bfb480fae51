"""Makes the files beside this script, with torch, numpy and safetensors.

    python make.py

NAME.safetensors holds the tensors of NAME.pth and NAME-legacy.pth as torch has them, contiguous.
"""

import argparse
import collections
import pathlib
import warnings
import zipfile

import numpy as np
import torch
from safetensors.torch import save_file

warnings.filterwarnings("ignore")
folder = pathlib.Path(__file__).parent
torch.manual_seed(0)


def save(name, value, legacy=False, **options):
    path = folder / (name + ("-legacy" if legacy else "") + ".pth")
    torch.save(value, path, _use_new_zipfile_serialization=not legacy, **options)


def save_both(name, value, tensors):
    save(name, value)
    save(name, value, legacy=True)
    tensors = {key: tensor.detach().clone(memory_format=torch.contiguous_format)
               for key, tensor in tensors.items()}
    save_file(tensors, folder / f"{name}.safetensors")


def rewrite(name, source, change=lambda name, data: data, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(folder / source) as old, zipfile.ZipFile(folder / name, "w") as new:
        for item in old.infolist():
            info = zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            data = change(item.filename.split("/", 1)[1], old.read(item))
            if data is not None:
                new.writestr(info, data)


# Every type of elements, and shapes without dimensions or elements
values = torch.arange(-3, 3).reshape(2, 3)
types = {str(type).removeprefix("torch."): values.to(type) for type in (
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int8, torch.int16,
    torch.int32, torch.int64, torch.uint8, torch.bool)}
types |= {"scalar": torch.tensor(1.5), "empty": torch.zeros(2, 0, 3)}
save_both("types", types, types)

# Views: strides that are not row-major, and storages that several tensors share
base = torch.arange(24.0).reshape(2, 3, 4)
views = {
    "base": base,
    "transposed": base.transpose(0, 2),
    "sliced": base[:, 1:, ::2],
    "row": base[1, 2],
    "expanded": torch.tensor([1.0, 2.0]).reshape(2, 1).expand(2, 3),
    "channels_last": torch.arange(48, dtype=torch.int16).reshape(2, 3, 2, 4).to(
        memory_format=torch.channels_last),
    "one": torch.arange(6.0).as_strided((1, 3, 1), (7, 1, 9)),
    "parameter": torch.nn.Parameter(torch.arange(3.0)),
    "tied": base,
}
save_both("views", views, views)

# A training checkpoint of a module that was wrapped in DataParallel
network = torch.nn.Sequential(collections.OrderedDict(
    conv=torch.nn.Conv2d(1, 2, 1), bn=torch.nn.BatchNorm2d(2)))
wrapped = torch.nn.Module()
wrapped.module = network
optimizer = torch.optim.Adam(network.parameters(), lr=0.5)
network(torch.ones(2, 1, 2, 2)).square().sum().backward()
optimizer.step()
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [2, 3])
training = {
    "epoch": 3, "arch": "stm", "best": 0.25, "negative": -(2 ** 40), "huge": 2 ** 80,
    "score": np.float64(0.5), "done": True, "nothing": None, "notes": "n" * 300,
    "args": argparse.Namespace(lr=0.1, sizes=[1, 2]), "size": torch.Size([1, 2]),
    "device": torch.device("cpu"), "type": torch.float32, "names": {"a", "b"},
    "state_dict": wrapped.state_dict(), "optimizer": optimizer.state_dict(),
    "scheduler": scheduler.state_dict(), "extra": [torch.ones(2), (torch.zeros(1),)],
}
tensors = {f"state_dict.{key}": value for key, value in training["state_dict"].items()}
for index, state in training["optimizer"]["state"].items():
    tensors |= {f"optimizer.state.{index}.{key}": value for key, value in state.items()}
tensors |= {"extra.0": torch.ones(2), "extra.1.0": torch.zeros(1)}
save_both("training", training, tensors)

for protocol in (1, 3, 4, 5):
    save(f"protocol{protocol}", {"a": base, "b": {"c": [base[0]]}}, pickle_protocol=protocol)
save("lone.tensor", base)

# Kinds of tensors that are listed rather than read
quantized = torch.quantize_per_tensor(base, 0.5, 3, torch.qint8)
per_channel = torch.quantize_per_channel(
    base, torch.tensor([0.5, 0.25]), torch.tensor([0, 0]), 0, torch.quint8)
kinds = {
    "readable": base[0, 0], "sparse": torch.eye(2).to_sparse(),
    "csr": torch.eye(2).to_sparse_csr(), "complex": torch.zeros(2, dtype=torch.complex64),
    "quantized": quantized, "per_channel": per_channel, "meta": torch.zeros(2, device="meta"),
    "float8": torch.zeros(2).to(torch.float8_e4m3fn), "array": np.ones(2),
    "storage": torch.FloatStorage([1.0]),
}
save("kinds", kinds)
save("kinds", {key: kinds[key] for key in ("readable", "complex", "quantized")}, legacy=True)
save("unsigned", {str(type): torch.arange(3).to(type)
                  for type in (torch.uint16, torch.uint32, torch.uint64)})
save("expansion", {"bomb": torch.zeros(1).expand(1 << 40), "small": torch.zeros(1).expand(1024)})


# Whole modules and other classes; without their sources, which streams hold with absolute paths
torch.serialization.get_source_lines_and_file = None


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 1, 1)


class Custom:
    pass


save("module", Net())
save("module", Net(), legacy=True)
save("wrapped-module", {"epoch": 1, "model": torch.nn.DataParallel(Net())})
save("custom", {"state_dict": {"a": base}, "custom": Custom()})
torch.jit.save(torch.jit.script(torch.nn.ReLU()), folder / "script.pt")

# Written on a big-endian machine, deflated, or without the newer members
widths = {str(index): tensor.element_size() for index, tensor in enumerate(types.values())}


def turned(name, data):
    if name == "byteorder":
        return b"big"
    if name.startswith("data/"):
        width = widths[name.removeprefix("data/")]
        return b"".join(data[i:i + width][::-1] for i in range(0, len(data), width))
    return data


rewrite("big.pth", "types.pth", turned)
rewrite("deflated.pth", "views.pth", method=zipfile.ZIP_DEFLATED)
rewrite("plain.pth", "views.pth",
        lambda name, data: data if name == "data.pkl" or name.startswith("data/") else None)
