"""Write the SHA-256 of every tensor of a checkpoint: a line `name shape sha256`, sorted by name.

usage: checksums.py STM.safetensors > checksums.txt
needs: numpy safetensors

The bytes are the tensor's own: row-major, little-endian.
"""
import hashlib
import sys

from safetensors.numpy import load_file

for name, values in sorted(load_file(sys.argv[1]).items()):
    shape = "x".join(map(str, values.shape)) or "scalar"
    print(name, shape, hashlib.sha256(values.tobytes()).hexdigest())
