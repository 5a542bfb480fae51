"""Makes the HDF5 files beside this script, with h5py and numpy: each is hostile in one way.

    python make_fixtures.py

The first word of a name is the row of the tests that reads the file.
"""

import pathlib
import struct

import h5py
import numpy as np

FOLDER = pathlib.Path(__file__).parent
TWO = np.array([1, 2], np.float32)


def make(name, body, **options):
    with h5py.File(FOLDER / f"{name}.h5", "w", **({"libver": ("v108", "v110")} | options)) as file:
        body(file)


def link(name, **links):
    def body(file):
        file["v"] = TWO
        for key, target in links.items():
            file[key] = target

    make(f"link-{name}", body)


def links():
    away = h5py.ExternalLink("/etc/hostname", "/")
    link("external", w=h5py.ExternalLink("other.h5", "/v"))
    link("external-absolute", w=away)
    link("soft-dangling", w=h5py.SoftLink("/nowhere"))
    link("soft-loop", a=h5py.SoftLink("/b"), b=h5py.SoftLink("/a"))
    link("soft-to-itself", a=h5py.SoftLink("/a"))
    link("soft-through-external", way=away, w=h5py.SoftLink("/way/v"))
    link("soft-to-external", w=h5py.SoftLink("/x"), x=away)

    def cycle(file):
        file["a/w"] = TWO
        file["a/b/loop"] = file["a"]

    def storage(file):
        file.create_dataset("w", (2,), np.float32, external=[("/etc/hostname", 0, 8)])

    def virtual(file):
        layout = h5py.VirtualLayout((2,), np.float32)
        layout[:] = h5py.VirtualSource("/etc/hostname", "v", (2,))
        file.create_virtual_dataset("w", layout)

    make("link-hard-cycle", cycle)
    make("link-external-storage", storage)
    make("link-virtual", virtual)


def bombs():
    def zeros(file):
        chunk = (1, 1 << 20)
        file.create_dataset(
            "w", data=np.zeros((20, 1 << 20), np.float32), chunks=chunk, compression="gzip",
            compression_opts=9)

    def claimed(file):
        file.create_dataset("w", (1 << 40,), np.float32, chunks=(1 << 20,), compression="gzip")

    def unallocated(file):
        file.create_dataset("w", (1 << 34,), np.float32)

    def impossible(file):
        file.create_dataset("w", (1 << 40, 1 << 40), np.float32, chunks=(1, 1))

    def ranks(file):
        file.create_dataset("w", data=np.zeros((1,) * 9, np.float32))

    make("bomb-zeros", zeros)
    make("bomb-claimed", claimed)
    make("bomb-unallocated", unallocated)
    make("dims-impossible", impossible)
    make("dims-rank", ranks)


def types():
    def typed(name, dtype):
        make(f"type-{name}", lambda file: file.create_dataset("w", (2,), dtype))

    def raw(name, kind):
        def body(file):
            space = h5py.h5s.create_simple((2,))
            h5py.h5d.create(file.id, b"w", kind, space)

        make(f"type-{name}", body)

    typed("compound", np.dtype([("a", "f4"), ("b", "f4")]))
    typed("variable-length", h5py.vlen_dtype(np.float32))
    typed("text", h5py.string_dtype())
    typed("80-bit", np.longdouble)
    typed("complex", np.complex64)
    typed("opaque", np.dtype("V4"))
    typed("reference", h5py.ref_dtype)
    typed("enumeration", h5py.enum_dtype({"A": 0, "B": 1}, "i4"))
    raw("bit-field", h5py.h5t.STD_B32LE)
    raw("time", h5py.h5t.UNIX_D32LE)
    quad = h5py.h5t.IEEE_F64LE.copy()
    quad.set_size(16)
    quad.set_precision(128)
    quad.set_fields(127, 112, 15, 0, 112)
    quad.set_ebias(16383)
    raw("128-bit", quad)


def structure():
    """Damages in the file format's own structures ("HDF5 File Format Specification 3.0")."""

    def sample(file):
        file.create_dataset("w", data=TWO)

    def many(file):
        group = file.create_group("g")
        for index in range(40):
            group.create_dataset(f"dataset{index}", data=TWO)
        for index in range(20):
            group.attrs[f"attribute{index}"] = np.arange(4)

    def damaged(name, body, change, **options):
        make(f"structure-{name}", body, **options)
        path = FOLDER / f"structure-{name}.h5"
        contents = bytearray(path.read_bytes())
        change(contents)
        path.write_bytes(contents)

    def checksum(contents):
        place = contents.index(b"OHDR")
        contents[place + 8] ^= 1

    def continuation(contents):
        """The continuation message (type 16, 16 bytes) of an object header points at itself."""
        message = struct.pack("<2HI", 0x10, 16, 0)
        places = []
        place = contents.find(message)
        while place >= 0:
            places.append(place)
            place = contents.find(message, place + 1)
        assert places
        for place in places:
            contents[place + 8:place + 24] = struct.pack("<2Q", place, 24)

    def tree(contents):
        """Every node of a B-tree is its own child."""
        place = contents.find(b"TREE")
        assert place >= 0
        while place >= 0:
            struct.pack_into("<Q", contents, place + 24 + 8, place)
            struct.pack_into("<Q", contents, place + 16, place)
            place = contents.find(b"TREE", place + 4)

    def heap(contents):
        place = contents.index(b"HEAP")
        struct.pack_into("<Q", contents, place + 8, (1 << 62) - 1)

    def superblock(contents):
        contents[8] = 99

    def filters(file):
        file.create_dataset("w", data=np.zeros((8, 8), np.float32), compression="lzf")

    def scale_offset(file):
        file.create_dataset("w", data=np.zeros((8, 8), np.int32), scaleoffset=0)

    def szip_in_name_only(contents):
        """The deflate filter (1) becomes szip (4), without its values."""
        place = contents.index(b"deflate") - 8
        struct.pack_into("<H", contents, place, 4)

    def deflated(file):
        file.create_dataset("w", data=np.zeros((8, 8), np.float32), compression="gzip")

    earliest = dict(libver="earliest")
    damaged("checksum", sample, checksum)
    damaged("continuation", many, continuation, **earliest)
    damaged("tree", many, tree, **earliest)
    damaged("heap", many, heap, **earliest)
    damaged("superblock", sample, superblock)
    damaged("szip", deflated, szip_in_name_only, **earliest)
    make("filter-lzf", filters)
    make("filter-scale-offset", scale_offset)


def sound():
    make("sound", lambda file: file.create_dataset("w", data=TWO))


links()
bombs()
types()
structure()
sound()
(FOLDER / "other.h5").unlink(missing_ok=True)
