"""The network in Keras, and the files that Keras writes of it. The frame comes in normalized."""

import io
import json
import pathlib
import re
import tempfile
import zipfile

import absl.logging
import h5py
import keras
import numpy as np
import torch
from keras import layers
from keras.src.legacy.saving import legacy_h5_format

import network
import onnx_exports

absl.logging.set_verbosity(absl.logging.ERROR)

ABSENT = ["*.num_batches_tracked", "Encoder_?.mean", "Encoder_?.std"]


class Builder:
    """Builds the three models; `named` gives layers the names of keras.applications, otherwise
    Keras counts. `placed` says which layer has which of the network's modules."""

    def __init__(self, size, named, biased, epsilon):
        keras.utils.clear_session()
        self.size = size
        self.named = named
        self.biased = biased
        self.epsilon = epsilon
        self.placed = []

    def name(self, name):
        return {"name": name} if self.named else {}

    def conv(self, x, channels, kernel, stride, name, path, bias=True):
        padding = "same"
        if stride > 1 and kernel > 1:
            x = layers.ZeroPadding2D(kernel // 2, **self.name(name.replace("_conv", "_pad")))(x)
            padding = "valid"
        layer = layers.Conv2D(
            channels, kernel, stride, padding, use_bias=bias, **self.name(name))
        self.placed.append((layer, path))
        return layer(x)

    def norm(self, x, name, path):
        layer = layers.BatchNormalization(epsilon=self.epsilon, **self.name(name))
        self.placed.append((layer, path))
        return layer(x)

    def relu(self, x, name):
        return layers.ReLU(**self.name(name))(x)

    def add(self, values, name):
        return layers.Add(**self.name(name))(values)

    def unit(self, x, channels, kernel, stride, name, path, conv, bn):
        x = self.conv(x, channels, kernel, stride, f"{name}_conv", f"{path}{conv}", self.biased)
        return self.norm(x, f"{name}_bn", f"{path}{bn}")

    def encoder(self, masks):
        prefix = "Encoder_M." if masks else "Encoder_Q."
        width = self.size.width
        inputs = [keras.Input((onnx_exports.FRAME,) * 2 + (3,), name="frame")]
        x = self.conv(inputs[0], width, 7, 2, "conv1_conv", prefix + "conv1", self.biased)
        if masks:
            stems = [x]
            for kind, path in (("mask", "conv1_m"), ("others", "conv1_o")):
                inputs.append(keras.Input((onnx_exports.FRAME,) * 2 + (1,), name=kind))
                stems.append(self.conv(
                    inputs[-1], width, 7, 2, f"conv1_{kind}_conv", prefix + path, False))
            x = self.add(stems, "conv1_add")
        x = self.relu(self.norm(x, "conv1_bn", prefix + "bn1"), "conv1_relu")
        x = layers.ZeroPadding2D(1, **self.name("pool1_pad"))(x)
        x = layers.MaxPooling2D(3, 2, **self.name("pool1_pool"))(x)
        features = []
        for index, (stage, count) in enumerate(zip(network.STAGES, self.size.blocks)):
            for number in range(count):
                stride = 2 if index > 0 and number == 0 else 1
                x = self.block(
                    x, width << index, stride, f"conv{index + 2}_block{number + 1}",
                    f"{prefix}{stage}.{number}.", number == 0)
            features.append(x)
        key = self.conv(x, self.size.key, 3, 1, "key", prefix_of_heads(masks) + "Key")
        value = self.conv(x, self.size.value, 3, 1, "value", prefix_of_heads(masks) + "Value")
        skips = [] if masks else [features[1], features[0]]
        return keras.Model(inputs, [key, value, *skips], name="memorize" if masks else "query")

    def block(self, x, planes, stride, name, path, first):
        skip = x
        if first:
            skip = self.unit(
                x, planes * 4, 1, stride, f"{name}_0", path, "downsample.0", "downsample.1")
        y = self.unit(x, planes, 1, 1, f"{name}_1", path, "conv1", "bn1")
        y = self.relu(y, f"{name}_1_relu")
        y = self.unit(y, planes, 3, stride, f"{name}_2", path, "conv2", "bn2")
        y = self.relu(y, f"{name}_2_relu")
        y = self.unit(y, planes * 4, 1, 1, f"{name}_3", path, "conv3", "bn3")
        return self.relu(self.add([skip, y], f"{name}_add"), f"{name}_out")

    def residual(self, x, name, path):
        channels = self.size.decoder
        y = self.relu(x, f"{name}_relu1")
        y = self.conv(y, channels, 3, 1, f"{name}_conv1", f"{path}.conv1")
        y = self.relu(y, f"{name}_relu2")
        y = self.conv(y, channels, 3, 1, f"{name}_conv2", f"{path}.conv2")
        return self.add([x, y], f"{name}_add")

    def up(self, x, factor, name):
        return layers.UpSampling2D(factor, interpolation="bilinear", **self.name(name))(x)

    def decoder(self):
        size = self.size
        cells = onnx_exports.FRAME // 16
        readout = keras.Input((cells, cells, size.value * 2), name="readout")
        r3 = keras.Input((cells * 2, cells * 2, size.width * 8), name="r3")
        r2 = keras.Input((cells * 4, cells * 4, size.width * 4), name="r2")
        x = self.conv(readout, size.decoder, 3, 1, "decoder_fm_conv", "Decoder.convFM")
        x = self.residual(x, "decoder_fm", "Decoder.ResMM")
        for skip, name, path in (
            (r3, "decoder_refine3", "Decoder.RF3"), (r2, "decoder_refine2", "Decoder.RF2"),
        ):
            s = self.conv(skip, size.decoder, 3, 1, f"{name}_skip_conv", f"{path}.convFS")
            s = self.residual(s, f"{name}_skip", f"{path}.ResFS")
            x = self.add([s, self.up(x, 2, f"{name}_up")], f"{name}_add")
            x = self.residual(x, f"{name}_merge", f"{path}.ResMM")
        x = self.conv(self.relu(x, "decoder_pred_relu"), 2, 3, 1, "decoder_pred", "Decoder.pred2")
        return keras.Model([readout, r3, r2], self.up(x, 4, "decoder_pred_up"), name="decode")

    def load(self, state):
        for layer, path in self.placed:
            if isinstance(layer, layers.BatchNormalization):
                parts = ("weight", "bias", "running_mean", "running_var")
                layer.set_weights([state[f"{path}.{part}"].numpy() for part in parts])
                continue
            weights = [state[f"{path}.weight"].permute(2, 3, 1, 0).numpy()]
            if layer.use_bias:
                weights.append(state[f"{path}.bias"].numpy())
            layer.set_weights(weights)


def prefix_of_heads(masks):
    return "KV_M_r4." if masks else "KV_Q_r4."


def written(save, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"model{suffix}"
        save(str(path))
        return path.read_bytes()


def numbered(config):
    """A configuration with its objects' addresses, different in every run, replaced by counts."""
    seen = {}

    def count(match):
        return match[1] + str(seen.setdefault(match[2], len(seen) + 1))

    return re.sub(r'("shared_object_id": )(\d+)', count, config)


def compact(content):
    """The same HDF5 tree in a third of the room: groups as HDF5 1.10 has them, not 1.0."""
    buffer = io.BytesIO()

    def copy(source, target):
        for name, value in source.attrs.items():
            if name == "model_config":
                value = numbered(value)
            target.attrs.create(name, value, dtype=source.attrs.get_id(name).dtype)
        if isinstance(source, h5py.Group):
            for name, item in source.items():
                if isinstance(item, h5py.Group):
                    copy(item, target.create_group(name))
                else:
                    copy(item, target.create_dataset(name, data=item[()], dtype=item.dtype))

    with h5py.File(io.BytesIO(content)) as source, h5py.File(
        buffer, "w", libver=("v110", "v110")
    ) as target:
        copy(source, target)
    return buffer.getvalue()


def legacy(model):
    return compact(written(lambda path: model.save(path), ".h5"))


def legacy_weights(model):
    def save(path):
        with h5py.File(path, "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, model)

    return compact(written(save, ".h5"))


def weights(model, names=True):
    def save(path):
        model.save_weights(path)
        if not names:
            with h5py.File(path, "r+") as file:
                file.visititems(lambda _, item: item.attrs.pop("name", None) and None)

    return compact(written(save, ".weights.h5"))


def archive(model):
    """A .keras file whose date is fixed; its members are compressed, which Keras leaves out."""
    content = written(lambda path: model.save(path), ".keras")
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w") as target:
        for member in sorted(source.namelist()):
            data = source.read(member)
            if member == "metadata.json":
                data = json.dumps(json.loads(data) | {"date_saved": "2026-01-01@00:00:00"}).encode()
            if member == "config.json":
                data = numbered(data.decode()).encode()
            info = zipfile.ZipInfo(member)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, data)
    return buffer.getvalue()


class KerasCases:
    """Writes the cases whose files are Keras'."""

    def __init__(self, zoo):
        self.zoo = zoo

    def model(self, case, which, named=True, biased=False, epsilon=network.EPSILON):
        """One of the three models with truth's weights, after a run that PyTorch agrees with."""
        size, state = self.zoo.size, self.zoo.state
        net = network.styled(state, size, network.Style(biased=biased))
        builder = Builder(size, named, biased, epsilon)
        model = builder.decoder() if which == "decode" else builder.encoder(which == "memorize")
        builder.load(net.state_dict())
        part = onnx_exports.parts(net)[which]
        with torch.no_grad():
            expected = part.module(*part.arguments)
            arguments = list(part.arguments)
            if which == "decode":
                arguments = [network.read(*arguments[:4]), *arguments[4:]]
            else:
                encoder = net.Encoder_M if which == "memorize" else net.Encoder_Q
                arguments[0] = encoder.normalized(arguments[0])
        expected = expected if isinstance(expected, tuple) else (expected,)
        found = model([argument.permute(0, 2, 3, 1) for argument in arguments])
        found = found if isinstance(found, (list, tuple)) else [found]
        worst = max(
            float((a.detach().cpu().permute(0, 3, 1, 2) - b).abs().max() / b.abs().max())
            for a, b in zip(found, expected, strict=True))
        self.zoo.expect(worst < 1e-4, case, f"{which} is not what PyTorch computes")
        self.zoo.note(case, f"{which} {worst:.1e}")
        return model

    def add(self, name, files, outcome="exact", named=True, biased=False, **facts):
        """Adds a case; parts that `files` leaves out are those of `keras-archive`."""
        epsilon = 1.001e-5 if biased else network.EPSILON

        def build():
            result = {}
            for part in ("memorize", "query", "decode"):
                suffix, make = files.get(part, (".keras", archive))
                given = part in files
                model = self.model(
                    name, part, named or not given, biased and given,
                    epsilon if given else network.EPSILON)
                result[part + suffix] = make(model)
            return result

        self.zoo.add(name, build, outcome, absent=ABSENT, **facts)

    def all(self):
        self.add(
            "keras-archive", {},
            remark="Three .keras files (compressed, which Keras does not do); memorize and query "
            "have the same layer names, those of keras.applications' ResNet (conv2_block1_1_conv), "
            "for different weights.")
        self.add(
            "keras-legacy", {"query": (".h5", legacy)},
            remark="query: the same as a whole model in a legacy file. (All HDF5 files of the keras "
            "cases were copied item by item into a newer HDF5 layout that takes less room.)")
        self.add(
            "keras-legacy-weights", {"query": (".h5", legacy_weights)},
            remark="query: weights alone, layer_names in the root group.")
        self.add(
            "keras-weights", {"query": (".weights.h5", weights)},
            remark="query: Keras 3 weights, class and counter; groups have an attribute `name`.")
        self.add(
            "keras-weights-unnamed",
            {"decode": (".weights.h5", lambda model: weights(model, names=False))}, "refused",
            word="name", remark="decode: without those attributes, as older versions write it: the "
            "counters follow the graph's depth, and layers of one shape cannot be told apart.")
        self.add(
            "keras-biased", {"query": (".keras", archive)}, "folded", biased=True,
            remark="query: convolutions have biases and the epsilon is 1.001e-5; running_mean is "
            "truth's + that bias.")
        self.add(
            "keras-auto-archive",
            {part: (".keras", archive) for part in ("memorize", "query")}, "folded", named=False,
            biased=True, remark="memorize and query: no layer was given a name: conv2d, conv2d_1, "
            "...; which is which stands in the configuration's graph alone. Biases and epsilon as "
            "in keras-biased.")
        self.add(
            "keras-auto-legacy", {"decode": (".h5", legacy)}, named=False,
            remark="decode: no layer was given a name; a whole legacy file.")
