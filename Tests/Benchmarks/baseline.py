"""What stm-convert does, as one would write it in Python.

usage: baseline.py FORMAT INPUT... OUTPUT
needs: numpy safetensors, and onnx, h5py or torch for their formats
"""
import os
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

form, *inputs, output = sys.argv[1:]
tensors = {}
for path in inputs:
    if form == "onnx":
        import onnx
        from onnx import numpy_helper

        for initializer in onnx.load(path).graph.initializer:
            tensors[initializer.name] = numpy_helper.to_array(initializer)
    elif form == "hdf5":
        import h5py

        with h5py.File(path) as file:
            file.visititems(
                lambda name, item: tensors.__setitem__(name.replace("/", "."), item[()])
                if isinstance(item, h5py.Dataset)
                else None
            )
    elif form == "safetensors":
        tensors.update(load_file(path))
    else:
        import torch

        state = torch.load(path, weights_only=True)
        tensors.update({name: tensor.numpy() for name, tensor in state.items()})
save_file({name: np.asarray(value) for name, value in tensors.items()}, output)
descriptor = os.open(output, os.O_RDONLY)
os.fsync(descriptor)
