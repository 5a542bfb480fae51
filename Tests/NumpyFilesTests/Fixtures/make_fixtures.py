"""Makes the arrays of these tests with NumPy, and beside each the bytes that it stands for.

    python make_fixtures.py        (numpy 2)

`X.npy` is an array, `X.raw` its elements row-major and little-endian.
"""

import io
import pathlib
import struct
import zipfile

import numpy as np

here = pathlib.Path(__file__).parent
for old in here.iterdir():
    if old.suffix != ".py":
        old.unlink()
random = np.random.default_rng(5)


def save(name, array, version=None):
    with open(here / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, array, version=version)
    plain = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<")))
    (here / f"{name}.raw").write_bytes(plain.tobytes())


bits = random.integers(0, 256, 2 * 3 * 8, dtype=np.uint8)
for kind in ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
    raw = (bits & 1 if kind == "b1" else bits)[: 6 * int(kind[1])]
    array = raw.view("<" + kind).reshape(2, 3)
    save(f"{kind}-little", array)
    save(f"{kind}-big", array.byteswap().view(array.dtype.newbyteorder(">")))

cube = np.arange(24, dtype="<f4").reshape(2, 3, 4)
save("fortran", np.asfortranarray(cube))
save("fortran-big", np.asfortranarray(cube.astype(">f4")))
save("scalar", np.array(2.5, "<f4"))
save("vector", np.arange(3, dtype="<i2"))
save("nothing", np.zeros((2, 0, 3), "<f4"))
for version in (1, 2, 3):
    save(f"version{version}", cube[0], (version, 0))

np.savez(here / "stored.npz", **{"conv.weight": cube, "layer/bias": np.arange(3, dtype=">f8")})
np.savez_compressed(
    here / "deflated.npz", **{"conv.weight": np.asfortranarray(cube), "zeros": np.zeros(1000, "i1")})
np.save(here / "structured.npy", np.zeros(2, [("x", "<f4")]))
np.save(here / "text.npy", np.array(["ab"]))
np.save(here / "complex.npy", np.zeros(2, "<c8"))
np.save(here / "object.npy", np.array([{}], dtype=object))


def by_hand(name, text, data=b"\0" * 16):
    header = text.encode()
    (here / f"{name}.npy").write_bytes(
        b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data)


by_hand("python2", "{'descr': \"<f4\", 'shape': (2L, 2L), 'fortran_order': False}\n")

with zipfile.ZipFile(here / "stranger.npz", "w") as archive:
    for name in ("array.npy", "readme.txt"):
        content = io.BytesIO()
        np.save(content, cube)
        archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content.getvalue())
