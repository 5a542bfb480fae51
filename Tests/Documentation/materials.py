"""What pages of documentation take for the reader's own files, made of the sample model and clip and
of exports among the tests' fixtures.

Clips have 3 frames of 160x96 pixels, which `stm-train draw` cuts out of the sample clip, so that every
command takes seconds. Checkpoints are written as `torch.save` writes them, without PyTorch.
"""

import collections
import io
import json
import math
import pickle
import shutil
import struct
import subprocess
import sys
import types
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE = REPOSITORY / "SampleWeights"
EXPORTERS = REPOSITORY / "Tests/MappingTests/Fixtures/exporters"


def safetensors(path):
    """The tensors of a file: name, type, shape and bytes."""
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            yield name, entry["dtype"], entry["shape"], data[start + begin : start + end]


def swapped(path, one, other):
    """The bytes of a safetensors file with two tensors of one shape in each other's place."""
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    header[one], header[other] = header[other], header[one]
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[start:]


class Storage:
    """The bytes of one tensor, which a pickle refers to by number."""

    def __init__(self, data):
        self.data = data


class TorchTensor:
    """A tensor as `torch.save` pickles it: a call of PyTorch that takes a storage, offset, shape and
    strides."""

    def __init__(self, torch, data, shape):
        self.torch, self.storage, self.shape = torch, Storage(data), tuple(shape)

    def __reduce__(self):
        strides = tuple(math.prod(self.shape[axis + 1 :]) for axis in range(len(self.shape)))
        hooks = collections.OrderedDict()
        return self.torch, (self.storage, 0, self.shape, strides, False, hooks)


class TorchPickler(pickle.Pickler):
    """A pickler that keeps the storages that it meets apart."""

    def __init__(self, file, kind):
        super().__init__(file, protocol=2)
        self.kind, self.storages = kind, []

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        self.storages.append(value.data)
        return "storage", self.kind, str(len(self.storages) - 1), "cpu", len(value.data) // 4


def stand_in(module, name):
    """A class that pickles as `module.name`, a thing of PyTorch's."""
    thing = type(name, (), {"__module__": module})
    holder = sys.modules.setdefault(module, types.ModuleType(module))
    setattr(holder, name, thing)
    return thing


def save(path, contents):
    """Writes what `contents` makes of a maker of tensors as `torch.save` does, in a zip archive."""
    rebuild = stand_in("torch._utils", "_rebuild_tensor_v2")
    pickled = io.BytesIO()
    pickler = TorchPickler(pickled, stand_in("torch", "FloatStorage"))
    pickler.dump(contents(lambda data, shape: TorchTensor(rebuild, data, shape)))
    with zipfile.ZipFile(path, "w") as archive:
        members = {"data.pkl": pickled.getvalue(), "version": b"3\n"}
        members |= {f"data/{number}": data for number, data in enumerate(pickler.storages)}
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(f"{path.stem}/{name}"), data)


def training(model):
    """A training's dictionary: weights and, beside them, the state of its optimizer."""

    def contents(tensor):
        tensors = list(safetensors(model))
        weights = ((name, tensor(data, shape)) for name, _, shape, data in tensors)
        state = {
            number: {"step": 100, "exp_avg": tensor(bytes(len(data)), shape)}
            for number, (_, _, shape, data) in enumerate(tensors)
        }
        groups = [{"lr": 1e-5, "params": list(state)}]
        return {
            "epoch": 3,
            "state_dict": collections.OrderedDict(weights),
            "optimizer": {"state": state, "param_groups": groups},
        }

    return contents


def backbone(model):
    """The query encoder's ResNet under the names of torchvision."""
    names = {"res2": "layer1", "res3": "layer2", "res4": "layer3"}

    def contents(tensor):
        weights = collections.OrderedDict()
        for name, _, shape, data in safetensors(model):
            encoder, *parts = name.split(".")
            if encoder == "Encoder_Q" and len(parts) > 1:
                weights[".".join([names.get(parts[0], parts[0]), *parts[1:]])] = tensor(data, shape)
        return weights

    return contents


def clip(drawn, frames, masks):
    """A clip of the pictures that `stm-train draw` wrote."""
    for kind, folder in (("frame", frames), ("mask", masks)):
        folder.mkdir(parents=True)
        for number in range(3):
            shutil.copy(drawn / f"{kind}-{number + 1}.png", folder / f"{number:05}.png")


def clips(folder, drawn):
    """Clips, sets of them and pictures with masks."""
    for path, source in (("clips/dog", 0), ("clips/cat", 1), ("footage", 0), ("val/dog", 1)):
        clip(drawn / f"00000-{source}", folder / path / "frames", folder / path / "masks")
    for root, place in (("DAVIS", "480p/dog"), ("valid", "dog")):
        frames, masks = (folder / root / kind / place for kind in ("JPEGImages", "Annotations"))
        clip(drawn / "00000-0", frames, masks)
    (folder / "DAVIS/ImageSets/2017").mkdir(parents=True)
    (folder / "DAVIS/ImageSets/2017/val.txt").write_text("dog\n")
    clip(drawn / "00000-0", folder / "photos", folder / "photo-masks")
    frames = [f"{number:05}" for number in range(3)]
    objects = {name: {"category": kind, "frames": frames} for name, kind in (("1", "dog"), ("2", "cat"))}
    for root in ("valid", "train"):
        (folder / root).mkdir(exist_ok=True)
        (folder / root / "meta.json").write_text(json.dumps({"videos": {"dog": {"objects": objects}}}))


def make(folder, tools):
    """Puts into `folder` the files that pages speak of; `tools` holds the tools."""
    drawn = folder.parent / "drawn"
    model = folder.parent / "imported.safetensors"
    graphs = [SAMPLE / f"onnx/{graph}.onnx" for graph in ("memorize", "query", "decode")]
    picture = "--size 96x160 --crop 1:1 --mirror 0 --augmentation 0 --max-skip 0 --count 2".split()
    for command in (
        [tools / "stm-convert", *graphs, "-o", model],
        [tools / "stm-train", "draw", "--clips", SAMPLE / "clip", *picture, "-o", drawn],
    ):
        subprocess.run([*command, "--quiet"], check=True)
    shutil.copytree(SAMPLE, folder / "SampleWeights")
    for source in (*graphs, SAMPLE / "golden.safetensors"):
        shutil.copy(source, folder)
    shutil.copy(SAMPLE / "hdf5/stm.h5", folder / "weights.h5")
    for graph, name in (("memorize", "memory"), ("query", "query"), ("decode", "decoder")):
        archive = EXPORTERS / f"keras-archive/{graph}.keras"
        shutil.copy(archive, folder / f"{name}.keras")
        encoder = name if name == "decoder" else f"{name}_encoder"
        with zipfile.ZipFile(archive) as members:
            (folder / f"{encoder}.weights.h5").write_bytes(members.read("model.weights.h5"))
    save(folder / "checkpoint.pth", training(model))
    save(folder / "resnet50.pth", backbone(model))
    kernels = (f"Encoder_Q.res3.{block}.conv2.weight" for block in (1, 2))
    (folder / "swapped.safetensors").write_bytes(swapped(model, *kernels))
    clips(folder, drawn)
