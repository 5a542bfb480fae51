"""Makes the clips of these tests with Pillow, and what Pillow makes of them.

    python make_fixtures.py        (Pillow 11 or later, numpy)

`indexed`: JPEG and PNG frames, indexed masks of two objects and void.
`gray`: PNG frames, one antialiased gray mask.
`gray-ids.png`: ids saved as gray values.
`indexed/*.WxH.rgb` and `.ids` are frames and masks after `Image.resize`.
"""

import pathlib
import shutil

import numpy as np
from PIL import Image

here = pathlib.Path(__file__).parent
for name in ("indexed", "gray"):
    shutil.rmtree(here / name, ignore_errors=True)
    (here / name / "frames").mkdir(parents=True)
    (here / name / "masks").mkdir()

W, H = 30, 17
y, x = np.mgrid[0:H, 0:W]
random = np.random.default_rng(3)


def frame(t):
    picture = np.stack([x * 8, y * 14, (x + 2 * y + 9 * t) * 4 % 256], axis=2)
    return Image.fromarray((picture + random.integers(0, 5, (H, W, 3))).astype(np.uint8))


# All 256 colours: of fewer, Pillow would save 2 bits an index and turn 255 into 3.
colors = [0, 0, 0, 10, 200, 30, 40, 50, 220] + [7] * 759
for t, name in enumerate(["00000.jpg", "00001.png", "00002.jpg"]):
    picture = frame(t)
    picture.save(here / "indexed" / "frames" / name, quality=90)
    ids = np.zeros((H, W), np.uint8)
    ids[3:9, 4 + t:13 + t] = 1
    ids[8:14, 15:24 - t] = 2
    ids[0, :] = 255
    if t == 1:
        continue
    mask = Image.fromarray(ids, "P")
    mask.putpalette(colors)
    mask.save(here / "indexed" / "masks" / f"0000{t}.png")
    for size in [(30, 17), (20, 11)]:
        stem = "%05d.%dx%d" % (t, *size)
        read = Image.open(here / "indexed" / "frames" / name).convert("RGB")
        (here / "indexed" / f"{stem}.rgb").write_bytes(
            read.resize(size, Image.Resampling.BILINEAR).tobytes())
        (here / "indexed" / f"{stem}.ids").write_bytes(
            mask.resize(size, Image.Resampling.NEAREST).tobytes())

for t in range(2):
    frame(t).save(here / "gray" / "frames" / f"frame_{t}.png")
soft = np.clip(100 + 40 * (6 - np.hypot(x - 14, y - 8)), 0, 255).astype(np.uint8)
Image.fromarray(soft).save(here / "gray" / "masks" / "frame_0.png")
(here / "gray" / "frame_0.ids").write_bytes((soft > 127).astype(np.uint8).tobytes())

# Ids saved as gray values
Image.fromarray(((x // 7) % 3).astype(np.uint8)[:13, :21]).save(here / "gray-ids.png")
