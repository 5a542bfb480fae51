"""Makes the pictures of these tests with Pillow, and beside each the pixels that Pillow reads.

    python make_fixtures.py        (Pillow 11 or later, numpy)

`X.png` or `X.jpg` is a picture, `X.rgb` its pixels as RGB, `X.values` its indices or gray values,
`X.WxH.rgb` and `X.WxH.values` those after `Image.resize`.
"""

import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

here = pathlib.Path(__file__).parent
for old in here.iterdir():
    if old.suffix != ".py":
        old.unlink()

random = np.random.default_rng(7)
W, H = 21, 13
y, x = np.mgrid[0:H, 0:W]
smooth = np.stack([x * 12, y * 19, (x + y) * 7], axis=2).astype(np.uint8)
smooth[4:9, 5:12] = [200, 30, 90]
noise = random.integers(0, 256, (H, W, 3), dtype=np.uint8)
ids = ((x // 4 + y // 3) % 5).astype(np.uint8)
ids[0, :3] = 255


def chunk(name, data):
    body = name + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(name, width, height, depth, kind, rows, interlace=0, extra=b""):
    """A PNG by hand, for what Pillow does not write; `rows` are packed, without filter bytes."""
    raw = b"".join(b"\0" + row for row in rows)
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlace)
    (here / name).write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
        + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def pack(values, depth):
    bits = np.unpackbits(values[:, :, None].astype(np.uint8), axis=2)[:, :, 8 - depth:]
    return [np.packbits(row.reshape(-1)).tobytes() for row in bits]


def adam7(values):
    """The rows of the seven passes of an interlaced picture of whole bytes."""
    for top, left, down, right in [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4),
                                   (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]:
        part = values[top::down, left::right]
        if part.size:
            yield from (row.tobytes() for row in part)


# Colour and gray
Image.fromarray(smooth).save(here / "rgb8.png")
Image.fromarray(noise).save(here / "noise.png")
Image.fromarray(np.dstack([noise, noise[:, :, 0]])).save(here / "rgba8.png")
Image.fromarray(noise[:, :, 0]).save(here / "gray8.png")
Image.fromarray(noise[:, :, :2].copy(), "LA").save(here / "grayalpha8.png")
wide = (noise.astype(np.uint16) << 8) | noise[:, ::-1]
png("rgb16.png", W, H, 16, 2, [row.astype(">u2").tobytes() for row in wide])
png("gray16.png", W, H, 16, 0, [row.astype(">u2").tobytes() for row in wide[:, :, 0]])
clear = np.dstack([wide, wide[:, :, 1]])
png("rgba16.png", W, H, 16, 6, [row.astype(">u2").tobytes() for row in clear])
png("rgb8-interlaced.png", W, H, 8, 2, adam7(smooth), interlace=1)
for depth in (1, 2, 4):
    png(f"gray{depth}.png", W, H, depth, 0, pack(noise[:, :, 0] >> (8 - depth), depth))

# Indexed
colors = random.integers(0, 256, 768, dtype=np.uint8).tolist()
mask = Image.fromarray(ids, "P")
mask.putpalette(colors)
mask.save(here / "indexed8.png")
mask.save(here / "indexed8-transparent.png", transparency=0)
png("indexed8-interlaced.png", W, H, 8, 3, adam7(ids), interlace=1,
    extra=chunk(b"PLTE", bytes(colors)))
for depth in (1, 2, 4):
    png(f"indexed{depth}.png", W, H, depth, 3, pack(ids % (1 << depth), depth),
        extra=chunk(b"PLTE", bytes(colors[:3 << depth])))

# JPEG: subsampled or not, progressive, gray, with restart markers
large = Image.fromarray(smooth).resize((37, 27), Image.Resampling.BICUBIC)
for name, options in {
    "baseline420": dict(subsampling=2), "baseline422": dict(subsampling=1),
    "baseline444": dict(subsampling=0), "progressive": dict(progressive=True, subsampling=2),
    "restart": dict(restart_marker_blocks=2),
}.items():
    large.save(here / f"{name}.jpg", quality=85, **options)
large.convert("L").save(here / "gray.jpg", quality=85)
large.convert("CMYK").save(here / "cmyk.jpg", quality=85)

# What Pillow reads
for path in sorted(here.iterdir()):
    if path.suffix not in (".png", ".jpg") or path.stem in ("cmyk", "gray16"):
        continue
    image = Image.open(path)
    path.with_suffix(path.suffix + ".rgb").write_bytes(image.convert("RGB").tobytes())
    if image.mode in ("1", "L", "P") and path.suffix == ".png":
        values = image if image.mode == "P" else image.convert("L")
        path.with_suffix(".png.values").write_bytes(values.tobytes())
# 16 bits of gray are cut to the upper 8, as Pillow does for RGB.
gray = np.repeat(noise[:, :, :1], 3, axis=2)
(here / "gray16.png.rgb").write_bytes(gray.tobytes())

for size in [(9, 5), (40, 31), (21, 4), (8, 13), (1, 1), (64, 64)]:
    text = "%dx%d" % size
    (here / f"noise.{text}.rgb").write_bytes(
        Image.fromarray(noise).resize(size, Image.Resampling.BILINEAR).tobytes())
    (here / f"indexed8.{text}.values").write_bytes(
        mask.resize(size, Image.Resampling.NEAREST).tobytes())

# The colour map of VOC as its development kit defines it
voc = []
for index in range(256):
    r = g = b = 0
    c = index
    for j in range(8):
        r |= ((c >> 0) & 1) << (7 - j)
        g |= ((c >> 1) & 1) << (7 - j)
        b |= ((c >> 2) & 1) << (7 - j)
        c >>= 3
    voc += [r, g, b]
(here / "voc.palette").write_bytes(bytes(voc))
