"""Makes the archives of these tests with Python's zipfile.

    python make_fixtures.py
"""

import io
import pathlib
import struct
import warnings
import zipfile

here = pathlib.Path(__file__).parent
text = b"the quick brown fox jumps over the lazy dog. " * 20
when = (1980, 1, 1, 0, 0, 0)


def member(name, method=zipfile.ZIP_STORED):
    info = zipfile.ZipInfo(name, when)
    info.compress_type = method
    return info


with zipfile.ZipFile(here / "plain.zip", "w") as archive:
    archive.writestr(member("stored.txt"), text[:100])
    archive.writestr(member("folder/deflated.txt", zipfile.ZIP_DEFLATED), text)
    archive.writestr(member("empty"), b"")
    archive.writestr(member("empty-deflated", zipfile.ZIP_DEFLATED), b"")
    archive.writestr(member("gr\u00fc\u00dfe"), b"utf-8 name")
    archive.comment = b"a comment"


class Pipe(io.RawIOBase):
    """Cannot seek, so that zipfile writes the sizes after the bytes."""

    def __init__(self):
        self.bytes = b""

    def writable(self):
        return True

    def write(self, bytes):
        self.bytes += bytes
        return len(bytes)


stream = Pipe()
with zipfile.ZipFile(stream, "w") as archive:
    archive.writestr(member("stored.txt"), text[:100])
    archive.writestr(member("deflated.txt", zipfile.ZIP_DEFLATED), text)
(here / "streamed.zip").write_bytes(stream.bytes)

# As numpy does: room for zip64 sizes beside the member, none in the directory
with zipfile.ZipFile(here / "forced64.zip", "w") as archive:
    with archive.open(member("forced.txt"), "w", force_zip64=True) as file:
        file.write(text[:100])

# As PyTorch does: a zip64 end record and its locator that nobody needs
whole = (here / "forced64.zip").read_bytes()
end = len(whole) - 22
count, size, start = struct.unpack("<HII", whole[end + 10:end + 20])
record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, size, start)
locator = struct.pack("<IIQI", 0x07064B50, 0, end, 1)
(here / "redundant64.zip").write_bytes(whole[:end] + record + locator + whole[end:])

# As of members and archives of 4 GiB and more, with the limits lowered
limits = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 60, 1
with zipfile.ZipFile(here / "wide.zip", "w") as archive:
    archive.writestr(member("large.txt"), text[:100])
    archive.writestr(member("far.txt"), text[:50])
    archive.writestr(member("deflated.txt", zipfile.ZIP_DEFLATED), text)
zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limits
whole = (here / "wide.zip").read_bytes()
(here / "wide.zip").write_bytes(whole[:-14] + b"\xff" * 12 + whole[-2:])

with zipfile.ZipFile(here / "bzip2.zip", "w") as archive:
    archive.writestr(member("member", zipfile.ZIP_BZIP2), text)

with zipfile.ZipFile(here / "duplicate.zip", "w") as archive:
    archive.writestr(member("twice"), b"1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(member("twice"), b"2")

zipfile.ZipFile(here / "nothing.zip", "w").close()
