"""Makes the two Keras archives beside this script, as small as they can be; needs h5py and numpy.

    python make_keras.py
"""

import io
import json
import pathlib
import zipfile

import h5py
import numpy as np

FOLDER = pathlib.Path(__file__).parent / "keras"


def tensor(layer):
    return {
        "args": [{
            "class_name": "__keras_tensor__",
            "config": {"shape": [None, None, None, 2], "keras_history": [layer, 0, 0]},
        }],
        "kwargs": {},
    }


def layer(name, kind, source=None, **config):
    return {
        "class_name": kind, "config": {"name": name, **config}, "name": name,
        "inbound_nodes": [tensor(source)] if source else [],
    }


CONFIGURATION = {
    "class_name": "Functional",
    "config": {
        "name": "tiny",
        "layers": [
            layer("image", "InputLayer", batch_shape=[None, None, None, 2]),
            layer(
                "stem", "Conv2D", "image", filters=2, kernel_size=[1, 1], strides=[1, 1],
                padding="same", data_format="channels_last", dilation_rate=[1, 1], groups=1,
                activation="linear", use_bias=False),
            layer("relu", "ReLU", "stem", max_value=None, negative_slope=0.0, threshold=0.0),
        ],
        "input_layers": ["image", 0, 0],
        "output_layers": ["relu", 0, 0],
    },
}


def weights():
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=("v108", "v110")) as file:
        group = file.create_group("layers/conv2d/vars")
        group.attrs["name"] = "stem"
        group["0"] = np.arange(4, dtype="<f4").reshape(1, 1, 2, 2)
    return buffer.getvalue()


FOLDER.mkdir(exist_ok=True)
text = json.dumps(CONFIGURATION, separators=(",", ":"))
for name, method in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)]:
    with zipfile.ZipFile(FOLDER / f"{name}.keras", "w") as archive:
        for member, contents in [("config.json", text), ("model.weights.h5", weights())]:
            info = zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0))
            info.compress_type = method if member == "config.json" else zipfile.ZIP_DEFLATED
            archive.writestr(info, contents)
