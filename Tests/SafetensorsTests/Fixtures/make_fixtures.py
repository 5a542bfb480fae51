"""Makes the files beside this script with the format's own implementation.

    python make_fixtures.py        (safetensors, numpy, ml_dtypes)

`types.safetensors` holds a tensor of every element type, a scalar and an empty one; `types.json`
holds the bytes of each, in hexadecimal, as numpy has them.
"""

import json
import pathlib

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent
numbers = [0.0, -0.0, 1.5, -np.inf, np.nan, 1e-3]
tensors = {
    name: np.array(numbers).astype(name).reshape(2, 3)
    for name in ("float16", "float32", "float64")
}
tensors["bfloat16"] = np.array(numbers).astype(ml_dtypes.bfloat16).reshape(2, 3)
for name in ("uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64"):
    limits = np.iinfo(name)
    tensors[name] = np.array([limits.min, 0, 1, limits.max - 1, limits.max], name)
tensors["bool"] = np.array([True, False, True])
tensors["scalar"] = np.array(-7, np.int64)
tensors["empty"] = np.zeros((3, 0, 2), np.float32)
tensors['näme "quoted"/with\\slash'] = np.array([1, 2], np.float32)

save_file(
    tensors,
    here / "types.safetensors",
    metadata={"clé": 'a "quoted" \\ text\nof two lines', "emoji": "\U0001f41f", "empty": ""},
)
described = {
    name: {"shape": list(t.shape), "type": str(t.dtype), "bytes": t.tobytes().hex()}
    for name, t in tensors.items()
}
(here / "types.json").write_text(json.dumps(described, indent=1, ensure_ascii=False) + "\n")
