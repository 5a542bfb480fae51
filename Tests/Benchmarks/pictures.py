"""Make a folder of cut-outs and one of backgrounds from artwork that Debian distributes.

usage: pictures.py PACKAGES OUT
PACKAGES holds the unpacked packages tuxpaint-stamps-default, gnome-backgrounds, mate-backgrounds and
plasma-workspace-wallpapers. Writes OUT/cutouts/*.png, photographs of animals and things with alpha
of at most 320 pixels a side, and OUT/backgrounds/*.jpg of at most 960.
needs: pillow
"""

import sys
from pathlib import Path

from PIL import Image

SUBJECTS = ("animals", "food", "household", "hobbies", "people", "plants", "sports", "vehicles")


def cut_outs(stamps, out):
    """Photographs with one thing in them: drawings are left out, and what is nearly a rectangle."""
    for path in sorted(stamps.rglob("*.png")):
        parts = path.relative_to(stamps).parts
        if parts[0] not in SUBJECTS or "cartoon" in parts:
            continue
        picture = Image.open(path).convert("RGBA")
        solid = picture.getchannel("A").point(lambda alpha: 255 if alpha > 127 else 0)
        box = solid.getbbox()
        if box is None:
            continue
        picture, solid = picture.crop(box), solid.crop(box)
        covered = solid.histogram()[255] / (picture.width * picture.height)
        if min(picture.size) < 80 or not 0.15 <= covered <= 0.97:
            continue
        picture.thumbnail((320, 320))
        picture.save(out / "-".join(parts))


def backgrounds(share, out):
    """Each wallpaper once, in the largest of its sizes."""
    largest = {}
    for path in sorted(share.rglob("*")):
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png") or "stamps" in path.parts:
            continue
        picture = Image.open(path)
        if min(picture.size) < 600:
            continue
        parts = path.relative_to(share).with_suffix("").parts
        subject = parts[:-3] if "contents" in parts else parts
        if subject not in largest or picture.width > largest[subject][0]:
            largest[subject] = (picture.width, path)
    for subject, (_, path) in sorted(largest.items()):
        picture = Image.open(path).convert("RGB")
        picture.thumbnail((960, 960))
        picture.save(out / ("-".join(subject[-2:]).replace(" ", "-") + ".jpg"), quality=92)


def main():
    share, out = Path(sys.argv[1]) / "usr/share", Path(sys.argv[2])
    for folder in ("cutouts", "backgrounds"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    cut_outs(share / "tuxpaint/stamps", out / "cutouts")
    backgrounds(share, out / "backgrounds")
    for folder in ("cutouts", "backgrounds"):
        print(f"{folder}: {len(list((out / folder).iterdir()))} pictures")


main()
