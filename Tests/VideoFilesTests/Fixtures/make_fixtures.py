"""Makes the videos of these tests with ffmpeg, and the frames that ffmpeg itself decodes from them.

    python make_fixtures.py        (ffmpeg 5.1 with libx264, Pillow, numpy)

`X.EXTENSION` is a video and `X/00000.png` its first frame as ffmpeg shows it, turned as the file says,
scaled with the flags of the door. The frames of `lossless` are those that the video was made from.
"""

import pathlib
import shutil
import subprocess
import tempfile

import numpy as np
from PIL import Image

here = pathlib.Path(__file__).parent
for old in here.iterdir():
    if old.is_dir():
        shutil.rmtree(old)
    elif old.suffix != ".py":
        old.unlink()

W, H, COUNT = 32, 24, 6
SCALER = "scale=flags=bicubic+accurate_rnd+bitexact+full_chroma_int"


def ffmpeg(*arguments):
    *others, output = map(str, arguments)
    subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", *others, "-bitexact", output], check=True)


def frame(index):
    y, x = np.mgrid[0:H, 0:W]
    pixels = np.stack([x * 8, y * 10, (x + y) * 4], axis=2)
    pixels[5:13, 3 + 3 * index:11 + 3 * index] = [220, 40, 90 + 20 * index]
    return pixels.astype(np.uint8)


def decode(name, *options):
    """Stores the frames that ffmpeg decodes from the video `name`."""
    folder = here / pathlib.Path(name).stem
    folder.mkdir()
    ffmpeg("-i", here / name, *options, "-vsync", "passthrough", "-vf", SCALER, "-pix_fmt", "rgb24",
           "-start_number", 0, folder / "%05d.png")


with tempfile.TemporaryDirectory() as scratch:
    scratch = pathlib.Path(scratch)
    (here / "lossless").mkdir()
    for index in range(COUNT):
        path = scratch / f"{index:05}.png"
        Image.fromarray(frame(index)).save(path)
        shutil.copy(path, here / "lossless")
    source = ["-framerate", 25, "-i", scratch / "%05d.png"]
    h264 = ["-c:v", "libx264", "-crf", 12, "-threads", 1]
    sound = ["-f", "lavfi", "-i", "sine=duration=0.1:sample_rate=8000"]

    ffmpeg(*source, "-c:v", "ffv1", "-level", 3, "-slicecrc", 1, "-g", 1, "-pix_fmt", "bgr0",
           here / "lossless.mkv")

    ffmpeg(*source, *sound, *h264, "-bf", 2, "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le",
           here / "untagged.mov")
    decode("untagged.mov")

    ffmpeg(*source, "-frames:v", 3, *h264, "-pix_fmt", "yuv420p",
           "-vf", "scale=out_color_matrix=bt709:out_range=full",
           "-colorspace", "bt709", "-color_range", "pc", here / "bt709full.mp4")
    decode("bt709full.mp4")

    # In RGB, where turning before and after the conversion is the same.
    for angle in (90, 180, 270):
        ffmpeg("-i", here / "lossless.mkv", "-c", "copy", "-frames:v", 2,
               "-metadata:s:v", f"rotate={angle}", here / f"rotated{angle}.mov")
        decode(f"rotated{angle}.mov")

    # An edit list hides the first frames, which are there for the others to be decoded, and which
    # refer to frames that were cut off: ffmpeg tells of errors in these.
    ffmpeg("-stream_loop", 2, *source, *h264, "-pix_fmt", "yuv420p", "-bf", 2, "-g", 9,
           "-x264-params", "open-gop=1", scratch / "open.mp4")
    ffmpeg("-ss", 0.56, "-i", scratch / "open.mp4", "-c", "copy", here / "cut.mp4")
    decode("cut.mp4")

    for name, size in (("wide", "32x24"), ("tall", "24x32")):
        ffmpeg(*source, "-frames:v", 2, *h264, "-pix_fmt", "yuv420p", "-s", size,
               scratch / f"{name}.h264")
    (here / "resized.h264").write_bytes(
        (scratch / "wide.h264").read_bytes() + (scratch / "tall.h264").read_bytes())

    ffmpeg(*sound, "-i", scratch / "00000.png", "-map", 0, "-map", 1, "-c:a", "aac", "-c:v", "copy",
           "-disposition:v", "attached_pic", here / "cover.m4a")
    ffmpeg(*sound, here / "sound.wav")
