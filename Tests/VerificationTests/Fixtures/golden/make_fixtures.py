"""Writes a part of the sample's golden file with NumPy and h5py.

    python make_fixtures.py        (numpy, h5py, safetensors)

Both hold the inputs, the outputs of the network and one layer of each program: `golden.npz` under
the same names, `golden.h5` in groups, the layers of the decoder one group deeper, deflated.
"""

import pathlib

import h5py
import numpy as np
from safetensors.numpy import load_file

HERE = pathlib.Path(__file__).parent
SAMPLE = HERE.parents[3] / "SampleWeights" / "golden.safetensors"
KEPT = [
    "input/frames", "input/masks", "input/others", "memorize/Encoder_M.res4.0.conv1",
    "memorize/key", "segment/KV_Q_r4.Key", "segment/Decoder.RF3.convFS", "segment/logits",
]

tensors = {name: array for name, array in load_file(SAMPLE).items() if name in KEPT}
assert sorted(tensors) == sorted(KEPT)
np.savez_compressed(HERE / "golden.npz", **tensors)
with h5py.File(HERE / "golden.h5", "w") as file:
    for name, array in sorted(tensors.items()):
        path = name.replace("/Decoder.", "/Decoder/")
        file.create_dataset(path, data=array, compression="gzip", shuffle=True)
