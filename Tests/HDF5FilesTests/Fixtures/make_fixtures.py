"""Makes the files beside this script, with h5py, numpy and safetensors.

    python make_fixtures.py

`X.safetensors` holds the elements of `X.h5` as numpy has them; every file of the folder `refused`
has one fault, which its name tells.
"""

import pathlib
import struct

import h5py
import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parent
REFUSED = FOLDER / "refused"
SMALL = dict(libver=("v108", "v110"))


def sample(dtype):
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return np.array([limits.min, 0, 1, 2, limits.max - 1, limits.max], dtype).reshape(2, 3)
    if dtype.kind == "b":
        values = [True, False, True, False, False, True]
    else:
        values = [0.0, -0.0, 1.5, -np.inf, np.nan, 1e-3]
    return np.array(values).astype(dtype).reshape(2, 3)


def types():
    truth = {}
    with h5py.File(FOLDER / "types.h5", "w") as file:
        for kind in ["b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]:
            for order in "<>":
                values = sample(np.dtype(order + kind))
                name = f"{kind}.{'little' if order == '<' else 'big'}"
                file[name] = values
                truth[name] = values.astype(kind)
        for name, values in {
            "scalar": np.float32(2.5), "none": np.zeros((0, 3), np.float32),
        }.items():
            file[name] = values
            truth[name] = np.asarray(values)
        values = sample(np.dtype(np.float32)).astype(ml_dtypes.bfloat16)
        kind = h5py.h5t.IEEE_F32LE.copy()
        kind.set_fields(15, 7, 8, 0, 7)
        kind.set_size(2)
        space = h5py.h5s.create_simple(values.shape)
        dataset = h5py.h5d.create(file.id, b"bfloat16", kind, space)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, values.view(np.uint16), mtype=kind)
        truth["bfloat16"] = values
    save_file(truth, FOLDER / "types.safetensors")


def layouts():
    truth = {}
    values = np.arange(35, dtype=">f4").reshape(5, 7)
    with h5py.File(FOLDER / "layouts.h5", "w", userblock_size=512) as file:
        for name, options in {
            "contiguous": {},
            "chunked": dict(chunks=(2, 3)),
            "growing": dict(chunks=(4, 4), maxshape=(None, None)),
            "gzip": dict(chunks=(2, 3), compression="gzip"),
            "shuffle": dict(chunks=(5, 7), shuffle=True),
            "fletcher32": dict(chunks=(5, 7), fletcher32=True),
            "all": dict(chunks=(5, 4), compression="gzip", shuffle=True, fletcher32=True),
        }.items():
            file.create_dataset(f"group/{name}", data=values, **options)
            truth[f"group.{name}"] = values.astype("<f4")
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple(values.shape)
        h5py.h5d.create(
            file["group"].id, b"compact", h5py.h5t.IEEE_F32BE, space, compact).write(
                h5py.h5s.ALL, h5py.h5s.ALL, values)
        truth["group.compact"] = values.astype("<f4")
    save_file(truth, FOLDER / "layouts.safetensors")


def names():
    weight = np.arange(4, dtype=np.float32)
    with h5py.File(FOLDER / "flat.h5", "w") as file:
        for name in ["b.conv2.weight", "a.bn.weight", "b.conv10.weight"]:
            file[name] = weight
    with h5py.File(FOLDER / "grouped.h5", "w", **SMALL) as file:
        for name in ["b/conv2/weight", "a/bn/weight", "b/conv10/weight"]:
            file[name] = weight
        file["b/shared"] = file["a/bn/weight"]
        file["type"] = np.dtype("f4")
        file.create_group("empty")


def links():
    with h5py.File(FOLDER / "links.h5", "w", **SMALL) as file:
        file["a/b/w"] = np.arange(4, dtype=np.float32)
        for name, target in {
            "absolute": "/a/b/w", "relative": "./near", "twice": "relative",
        }.items():
            file[f"links/{name}"] = h5py.SoftLink(target)
        file["links/near"] = -file["a/b/w"][:]
        truth = {
            f"links.{name}": file[f"links/{name}"][:]
            for name in ["absolute", "near", "relative", "twice"]
        }
        truth["a.b.w"] = file["a/b/w"][:]
    save_file(truth, FOLDER / "links.safetensors")


def attributes():
    long = "\u0436" * 300
    with h5py.File(FOLDER / "attributes.h5", "w", **SMALL) as file:
        file["w"] = np.arange(4, dtype=np.float32)
        file.create_group("g/none")
        any_length = h5py.string_dtype()
        fixed = h5py.string_dtype("ascii", 5)
        file.attrs.create("variable", "na\u00efve", dtype=any_length)
        file.attrs.create("variable ascii", b"plain", dtype=h5py.string_dtype("ascii"))
        file.attrs.create("variables", ["a", "", long], dtype=any_length)
        file.attrs.create("fixed", np.bytes_(b"three"), dtype=fixed)
        file.attrs.create("fixed many", np.array([b"one", b"", b"three"]), dtype=fixed)
        file.attrs.create("none", [], shape=(0,), dtype=any_length)
        file.attrs["numbers"] = np.arange(3)
        file.attrs["null"] = h5py.Empty(any_length)
        file.attrs.create("latin", np.bytes_(b"na\xefve"), dtype=fixed)
        spaces = h5py.h5t.FORTRAN_S1.copy()
        spaces.set_size(6)
        h5py.h5a.create(
            file["g"].id, b"spaces", spaces, h5py.h5s.create(h5py.h5s.SCALAR)).write(
                np.array(b"two   ", "S6"), mtype=spaces)


def refused():
    def make(name, body, **options):
        with h5py.File(REFUSED / f"{name}.h5", "w", **(SMALL | options)) as file:
            body(file)

    def dataset(name, data=None, /, **options):
        make(name, lambda file: file.create_dataset("w", data=data, **options))

    def raw(name, kind, **options):
        def body(file):
            h5py.h5d.create(file.id, b"w", kind, h5py.h5s.create_simple((2,)), **options).write(
                h5py.h5s.ALL, h5py.h5s.ALL, np.zeros(2, f"V{kind.get_size()}"), mtype=kind)

        make(name, body)

    two = np.array([1, 2], np.float32)
    dataset("compound", np.zeros(2, [("a", "f4"), ("b", "f4")]))
    dataset("complex", np.zeros(2, np.complex64))
    dataset("text", np.array([b"ab", b"cd"]))
    dataset("text-of-any-length", "abc")
    dataset("lists", shape=(2,), dtype=h5py.vlen_dtype(np.float32))
    dataset("arrays", shape=(2,), dtype=np.dtype((np.float32, (2,))))
    dataset("opaque", np.zeros(2, "V4"))
    dataset("reference", shape=(2,), dtype=h5py.ref_dtype)
    dataset("enumeration", np.zeros(2, np.int8), dtype=h5py.enum_dtype({"NO": 0, "YES": 1}, "i1"))
    dataset("no-shape", h5py.Empty("f4"))
    dataset("lzf", np.zeros((8, 8), np.float32), compression="lzf")
    dataset("scale-offset", np.zeros((8, 8), np.int32), scaleoffset=0)
    dataset("never-written", shape=(2,), dtype=np.float32)
    dataset("bomb", shape=(1 << 40,), dtype=np.float32, chunks=(1 << 20,), compression="gzip")
    dataset("impossible", shape=(1 << 40, 1 << 40), dtype=np.float32, chunks=(1, 1))
    raw("bit-field", h5py.h5t.STD_B8LE)
    narrow = h5py.h5t.STD_I16LE.copy()
    narrow.set_precision(12)
    raw("int12", narrow)
    biased = h5py.h5t.IEEE_F32LE.copy()
    biased.set_ebias(100)
    raw("odd-float", biased)

    def soft_nowhere(file):
        file["w"] = h5py.SoftLink("/a/v")

    def soft_through_numbers(file):
        file["a"] = two
        file["w"] = h5py.SoftLink("/a/v")

    def soft_circle(file):
        file["a"] = h5py.SoftLink("/b")
        file["b"] = h5py.SoftLink("c/../a")
        file["c/.."] = h5py.SoftLink("/")

    def soft_group(file):
        file["a/v"] = two
        file["w"] = h5py.SoftLink("a")

    def soft_outside(file):
        file["w"] = h5py.SoftLink("/x/v")
        file["x"] = h5py.ExternalLink("other.h5", "/")

    def external(file):
        file["w"] = h5py.ExternalLink("other.h5", "/v")

    def elsewhere(file):
        file.create_dataset("w", (2,), np.float32, external=[("elsewhere.bin", 0, 8)])

    def virtual(file):
        layout = h5py.VirtualLayout((2,), np.float32)
        layout[:] = h5py.VirtualSource("other.h5", "v", (2,))
        file.create_virtual_dataset("w", layout)

    def cycle(file):
        file["a/w"] = two
        file["a/loop"] = file["a"]

    def deep(file):
        file["/".join("g" * 100) + "/w"] = two

    def duplicate(file):
        file["a/w"] = two
        file["a.w"] = two

    def growing(file):
        file.create_dataset("w", data=two, chunks=(2,), maxshape=(None,))

    def many_texts(file):
        file.attrs.create("names", np.full(4097, b"x"))

    def not_utf8(file):
        h5py.h5g.create(file.id, b"w\xff")

    for body in [
        soft_nowhere, soft_through_numbers, soft_circle, soft_group, soft_outside, external, elsewhere, virtual, cycle, deep, duplicate, many_texts, not_utf8,
    ]:
        make(body.__name__.replace("_", "-"), body)
    (REFUSED / "elsewhere.bin").unlink(missing_ok=True)

    dataset("wrong-checksum", two, chunks=(2,), fletcher32=True)
    path = REFUSED / "wrong-checksum.h5"
    patch(path, two.tobytes(), two[::-1].tobytes())
    make("huge-chunks", growing, libver="earliest")
    patch(REFUSED / "huge-chunks.h5", struct.pack("<2I", 2, 4), struct.pack("<2I", 1 << 28, 4))

    def square(file):
        file.create_dataset("w", data=np.ones((4, 4), np.float32), chunks=(4, 4))

    make("flat-chunks", square, libver="earliest")
    patch(REFUSED / "flat-chunks.h5", b"\3\2\3", b"\3\2\2")


def patch(path, old, new):
    """Changes the one place of `path` that holds `old`."""
    contents = path.read_bytes()
    assert contents.count(old) == 1
    path.write_bytes(contents.replace(old, new))


REFUSED.mkdir(exist_ok=True)
types()
layouts()
names()
links()
attributes()
refused()
