"""Makes the files beside this script, with Keras 3, h5py and numpy.

    KERAS_BACKEND=torch python make.py

Every variable holds numbers of its own, so that a test can tell which it is. `many` has twelve
convolutions of the same shape, the last created first; `nested` a model in a model, a layer used
twice and state that is no layer's; `stripped` is what versions wrote that did not save names.
"""

import json
import os
import pathlib
import zipfile

os.environ.setdefault("KERAS_BACKEND", "torch")

import h5py
import keras
import numpy as np
from keras import layers

FOLDER = pathlib.Path(__file__).parent
REFUSED = FOLDER / "refused"
SMALL = dict(libver=("v108", "v110"))


def fill(model):
    """Gives the variables of each layer the numbers 0.5, 1.5 ..., 100.5 ..., 200.5 ..."""
    for index, weight in enumerate(model.weights):
        count = int(np.prod(weight.shape))
        weight.assign((np.arange(count) + 100 * index + 0.5).reshape(weight.shape))


def small():
    """A residual block: two convolutions of the same shape, of which one has no bias."""
    image = keras.Input((None, None, 2), name="image")
    x = layers.ZeroPadding2D(((1, 2), (0, 1)), name="stem_pad")(image)
    x = layers.Conv2D(2, 3, strides=2, use_bias=False, name="stem")(x)
    x = layers.BatchNormalization(epsilon=1e-5, name="stem_bn")(x)
    x = layers.ReLU(name="stem_relu")(x)
    skip = layers.BatchNormalization(scale=False, name="norm")(x)
    x = layers.Conv2D(2, 3, padding="same", activation="relu", name="body")(x)
    x = layers.Add(name="sum")([x, skip])
    x = layers.MaxPooling2D(3, 2, padding="same", name="pool")(x)
    x = layers.UpSampling2D(2, interpolation="bilinear", name="up")(x)
    return keras.Model(image, layers.Activation("relu", name="out")(x), name="small")


def many():
    image = keras.Input((4, 4, 1), name="image")
    convolutions = [layers.Conv2D(1, 1, name=f"step{index}") for index in reversed(range(12))]
    x = image
    for convolution in reversed(convolutions):
        x = convolution(x)
    return keras.Model(image, x, name="many")


def nested():
    inner_image = keras.Input((4, 4, 2), name="inner_image")
    x = layers.Conv2D(2, 1, name="conv")(inner_image)
    inner = keras.Model(
        inner_image, [x, layers.DepthwiseConv2D(3, padding="same", name="depth")(x)], name="inner")
    image = keras.Input((4, 4, 2), name="image")
    shared = layers.Conv2D(2, 1, name="conv")
    one, other = inner(shared(image))
    x = layers.Dropout(0.5, name="drop")(shared(one))
    x = layers.Concatenate(name="join")([x, other])
    x = layers.Conv2DTranspose(1, 2, name="up")(x)
    model = keras.Model(image, x, name="nested")
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def sequential():
    return keras.Sequential(
        [keras.Input((4, 4, 1), name="image"), layers.Conv2D(1, 1, name="a"),
         layers.Conv2D(1, 1, name="b")], name="chain")


def strip(source, target):
    """Removes the layers' own names."""
    target.write_bytes(source.read_bytes())
    with h5py.File(target, "r+") as file:
        file.visititems(lambda _, item: item.attrs.pop("name", None) and None)


def rewrite(source, target, method=zipfile.ZIP_STORED, strips=False, configure=lambda text: text):
    """Writes an archive once more, in another way."""
    scratch = FOLDER / "scratch.h5"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", method) as new:
        for name in old.namelist():
            contents = old.read(name)
            if name == "config.json":
                contents = configure(contents)
            if name == "model.weights.h5" and strips:
                scratch.write_bytes(contents)
                strip(scratch, scratch)
                contents = scratch.read_bytes()
                scratch.unlink()
            new.writestr(zipfile.ZipInfo(name), contents, method)


def keras2(model, target, cut=False):
    """The weights alone, as Keras 2 with TensorFlow laid them out."""
    with h5py.File(target, "w") as file:
        names = np.array([layer.name.encode() for layer in model.layers], "S")
        for index, part in enumerate(np.array_split(names, 3) if cut else [names]):
            file.attrs[f"layer_names{index}" if cut else "layer_names"] = part
        file.attrs["backend"] = np.bytes_("tensorflow")
        file.attrs["keras_version"] = np.bytes_("2.11.0")
        for layer in model.layers:
            group = file.create_group(layer.name)
            weights = [(f"{weight.path}:0", weight.numpy()) for weight in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name, _ in weights]
            for name, values in weights:
                group[name] = values


def keras2_config(model):
    """The configuration of `model` with the nodes that Keras 2 wrote."""
    def tensors(value):
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            return [value["config"]["keras_history"] + [{}]]
        values = value.values() if isinstance(value, dict) else value
        return sum((tensors(v) for v in values), []) if isinstance(value, (dict, list)) else []

    with h5py.File(FOLDER / "small.h5") as file:
        config = json.loads(file.attrs["model_config"])
    config["class_name"] = "Model"
    for layer in config["config"]["layers"]:
        layer["inbound_nodes"] = [tensors(node["args"]) for node in layer["inbound_nodes"]]
    for name in ["input_layers", "output_layers"]:
        config["config"][name] = [config["config"][name]]
    return config


def refused():
    """Archives of `small` whose configuration has one fault, which the file's name tells."""
    def make(name, edit):
        def configure(text):
            config = json.loads(text)
            items = config["config"]["layers"]
            edit(items, {item["name"]: item for item in items})
            return json.dumps(config).encode()

        rewrite(
            FOLDER / "small.keras", REFUSED / f"{name}.keras", method=zipfile.ZIP_DEFLATED,
            configure=configure)

    def read(item, layer, use=0):
        nodes = json.dumps(item["inbound_nodes"])
        start = nodes.index('"keras_history": ') + len('"keras_history": ')
        end = nodes.index("]", start) + 1
        item["inbound_nodes"] = json.loads(
            nodes[:start] + json.dumps([layer, use, 0]) + nodes[end:])

    def setting(name, layer, **settings):
        make(name, lambda _, named: named[layer]["config"].update(settings))

    setting("filters", "stem", filters=3)
    setting("kernel-size", "body", kernel_size=[1, 1])
    setting("bias", "body", use_bias=False)
    setting("no-bias", "stem", use_bias=True)
    setting("scale", "norm", scale=True)
    make("name", lambda _, named: named["stem"].update(name="head"))
    make("unknown-layer", lambda items, named: items.remove(named["body"]))
    make("unknown-input", lambda _, named: read(named["sum"], "nobody"))
    make("unknown-use", lambda _, named: read(named["sum"], "body", 3))
    make("cycle", lambda _, named: read(named["stem"], "out"))
    make("twice", lambda items, named: items.append(named["body"]))
    make("no-class", lambda _, named: named["pool"].pop("class_name"))
    broken = {"cut": b'{"config": ', "deep": b"[" * 300, "repeated": b'{"a":1,"a":2}'}
    for name, text in broken.items():
        rewrite(
            FOLDER / "small.keras", REFUSED / f"{name}.keras", method=zipfile.ZIP_DEFLATED,
            configure=lambda _, text=text: text)
    with zipfile.ZipFile(REFUSED / "npz.keras", "w") as file:
        file.writestr(zipfile.ZipInfo("config.json"), "{}")
        file.writestr(zipfile.ZipInfo("model.weights.npz"), "")
    one = np.ones(1, np.float32)
    with h5py.File(REFUSED / "gap.h5", "w", **SMALL) as file:
        file["layers/conv2d/vars/1"] = one
    with h5py.File(REFUSED / "same-name.h5", "w", **SMALL) as file:
        for name in ["conv2d", "conv2d_1"]:
            file[f"layers/{name}/vars/0"] = one
            file[f"layers/{name}/vars"].attrs["name"] = "stem"
    with h5py.File(REFUSED / "no-group.h5", "w", **SMALL) as file:
        file.attrs["layer_names"] = np.array([b"stem"])
    with h5py.File(REFUSED / "no-dataset.h5", "w", **SMALL) as file:
        file.attrs["layer_names"] = np.array([b"stem"])
        file.create_group("stem").attrs["weight_names"] = np.array([b"stem/kernel:0"])
    with h5py.File(REFUSED / "listed-twice.h5", "w", **SMALL) as file:
        file.attrs["layer_names"] = np.array([b"stem", b"stem"])
        file["stem/stem/kernel:0"] = one
        file["stem"].attrs["weight_names"] = np.array([b"stem/kernel:0"])
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": [
        {"class_name": "Conv2D", "config": {"name": "a", "filters": 1}}]}}
    with h5py.File(REFUSED / "listed-unknown.h5", "w", **SMALL) as file:
        file.attrs["model_config"] = json.dumps(config)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = np.array([b"stem"])
        group.create_group("stem")


def main():
    models = [small(), many(), nested(), sequential()]
    for model in models:
        fill(model)
        model.save(FOLDER / f"{model.name}.keras")
    models[0].save(FOLDER / "small.h5")
    models[2].save(FOLDER / "nested.h5", include_optimizer=False)
    models[0].save_weights(FOLDER / "small.weights.h5")
    models[1].save_weights(FOLDER / "many.weights.h5")
    strip(FOLDER / "many.weights.h5", FOLDER / "stripped.weights.h5")
    rewrite(FOLDER / "many.keras", FOLDER / "stripped.keras", strips=True)
    rewrite(FOLDER / "small.keras", FOLDER / "deflated.keras", method=zipfile.ZIP_DEFLATED)
    for name in ["small.keras", "nested.keras", "chain.keras"]:
        rewrite(FOLDER / name, FOLDER / "fixed-date.keras")
        (FOLDER / "fixed-date.keras").replace(FOLDER / name)
    keras2(models[0], FOLDER / "keras2.h5")
    keras2(models[1], FOLDER / "keras2-cut.h5", cut=True)
    with h5py.File(FOLDER / "keras2-whole.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(keras2_config(models[0]))
        with h5py.File(FOLDER / "keras2.h5") as weights:
            weights.copy(weights["/"], file, "model_weights")
    with h5py.File(FOLDER / "windows.weights.h5", "w") as file:
        file["_layer_checkpoint_dependencies\\conv2d\\vars/0"] = np.ones((1, 1, 1, 1), np.float32)
    REFUSED.mkdir(exist_ok=True)
    refused()
    with h5py.File(FOLDER / "subclass.weights.h5", "w", **SMALL) as file:
        one = np.ones((1, 1, 1, 1), np.float32)
        for index, name in enumerate(["blocks/conv2d", "blocks/conv2d_1", "head"]):
            file[f"{name}/vars/0"] = one
            file[f"{name}/vars"].attrs["name"] = f"part{index}"
        file["drop/seed_generator/vars/0"] = np.zeros(2, np.uint32)
        file["optimizer/vars/0"] = np.int64(1)
        file["vars/0"] = one
        file["notes"] = one
    for name in ["many.weights.h5", "many.keras"]:
        (FOLDER / name).unlink()


main()
