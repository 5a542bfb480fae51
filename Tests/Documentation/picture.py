"""Make the picture of README.md: a frame, its masks in fp32 and int8, and the error at every layer.

usage: picture.py TOOLS DEMO CLIP OUT.png
TOOLS holds the tools. DEMO is what `make demo` leaves: both models, and the report of their comparison
over CLIP, from which every figure is read. Needs chromium, which draws the page; CHROMIUM may name it.
"""

import base64
import html
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from palette import write_with_palette

WIDTH, MARGIN, GAP = 900, 16, 14
PROGRAMS = {"memorize": "memory encoder", "query": "query encoder", "decode": "memory read and decoder"}
STYLE = """
body { margin: 0; background: #fff }
svg { display: block }
text { font: 13px 'DejaVu Sans', sans-serif; fill: #1f2328 }
.title { font-weight: bold; font-size: 14px }
.note, .axis { fill: #59636e; font-size: 12px }
.right { text-anchor: end }
.middle { text-anchor: middle }
.grid { stroke: #e4e7eb }
.band { fill: #f4f6f8 }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round }
.isolated { stroke: #0b5cad }
.accumulated { stroke: #c2410c; stroke-dasharray: 5 3 }
.gate { stroke: #1f2328; stroke-dasharray: 1.5 3.5 }
.least { fill: none; stroke: #c2410c; stroke-width: 1.8 }
"""


def text(x, y, content, kind=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{html.escape(content)}</text>'


def line(x1, y1, x2, y2, kind):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def image(path, x, y, width, height):
    kind = "jpeg" if path.suffix == ".jpg" else "png"
    data = base64.b64encode(path.read_bytes()).decode()
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<image {place} href="data:image/{kind};base64,{data}"/>'


def masks(pictures, y, report, demo):
    """A frame and its masks in both precisions: elements, and where they end."""
    clip = report["clip"]
    frame = report["frames"][len(report["frames"]) // 2]
    sizes = [(demo / f"{model}.safetensors").stat().st_size for model in ("stm", "stm-int8")]
    regions = (report["truth"][run]["region"] for run in ("reference", "freeRunning"))
    shape = f"{clip['frames']} frames of {clip['width']}x{clip['height']}, {clip['objects']} objects"
    captions = [(f"Frame {frame['index']} of the clip", shape)]
    for name, size, region in zip(("fp32", "int8"), sizes, regions):
        note = f"file of {size / 1e6:.1f} MB, J over the clip {region:.4f}"
        captions.append((f"Its masks in {name}", note))
    width = (WIDTH - 2 * MARGIN - 2 * GAP) / 3
    height = width * clip["height"] / clip["width"]
    elements = []
    for number, (path, (title, note)) in enumerate(zip(pictures(frame["name"]), captions)):
        x = MARGIN + number * (width + GAP)
        elements += [image(path, x, y, width, height)]
        elements += [text(x, y + height + 20, title, "title"), text(x, y + height + 37, note, "note")]
    return elements, y + height + 37


def chart(y, report):
    """Signal over error at every layer: elements, and where they end."""
    layers = report["layers"]
    gate = next(gate for gate in report["gates"] if gate["gate"].startswith("sqnr"))
    limit = float(re.search(r">= ([\d.]+)", gate["gate"]).group(1))
    series = {
        kind: [float(layer[key]) for layer in layers]
        for kind, key in (("isolated", "isolatedSqnr"), ("accumulated", "sqnr"))
    }
    values = [value for line in series.values() for value in line if math.isfinite(value)]
    low, high = 10 * math.floor((limit - 1) / 10), 10 * math.ceil(max(values) / 10)
    left, right, top, bottom = MARGIN + 24, WIDTH - MARGIN, y + 44, y + 254

    def place(index, value):
        x = left + (right - left) * (index + 0.5) / len(layers)
        return x, bottom - (bottom - top) * (value - low) / (high - low)

    elements = [
        text(MARGIN, y, "Signal over error at every layer, int8 against fp32", "title"),
        text(right, y, "dB, higher is better", "note right"),
    ]
    begin = 0
    for number, (program, name) in enumerate(PROGRAMS.items()):
        count = sum(layer["program"] == program for layer in layers)
        x, end = (left + (right - left) * edge / len(layers) for edge in (begin, begin + count))
        if number % 2 == 0:
            size = f'width="{end - x:.1f}" height="{bottom - top:.1f}"'
            elements.append(f'<rect x="{x:.1f}" y="{top:.1f}" {size} class="band"/>')
        elements.append(text((x + end) / 2, bottom + 18, name, "axis middle"))
        begin += count
    for value in range(low, high + 1, 10):
        level = place(0, value)[1]
        elements.append(line(left, level, right, level, "grid"))
        elements.append(text(left - 6, level + 4, f"{value}", "axis right"))
    x = MARGIN
    for kind, words in (
        ("isolated", "error of the layer itself"),
        ("accumulated", "with the error of the layers before it"),
        ("gate", f"gate: at least {limit:g}"),
    ):
        elements += [line(x, y + 20, x + 28, y + 20, f"line {kind}"), text(x + 35, y + 24, words)]
        x += 35 + 6.2 * len(words) + 28
    elements.append(line(left, place(0, limit)[1], right, place(0, limit)[1], "line gate"))
    for kind, line_values in series.items():
        points = [place(*point) for point in enumerate(line_values) if math.isfinite(point[1])]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        elements.append(f'<polyline points="{path}" class="line {kind}"/>')
    least = series["accumulated"].index(min(series["accumulated"]))
    x, level = place(least, series["accumulated"][least])
    elements += [
        f'<circle cx="{x:.1f}" cy="{level:.1f}" r="5" class="least"/>',
        text(x - 10, level + 12, f"{series['accumulated'][least]:.1f} at {layers[least]['name']}", "right"),
    ]
    iou = report["iou"]
    summary = (
        f"{len(layers)} layers over {len(report['frames'])} frames. IoU of int8's masks with those of"
        f" fp32: {iou['freeRunning']:.4f}, of the worst mask {iou['minimum']:.4f}."
    )
    return [*elements, text(MARGIN, bottom + 44, summary)], bottom + 44


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    tools, demo, clip, out = (Path(argument).resolve() for argument in sys.argv[1:])
    report = json.loads((demo / "int8.json").read_text())
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        for model in ("stm", "stm-int8"):
            command = [tools / "stm-segment", demo / f"{model}.safetensors", "--clip", clip, "--quiet"]
            places = ["-o", scratch / "masks" / model, "--overlay", scratch / model]
            subprocess.run([*command, *places], check=True)

        def pictures(name):
            frame = next((clip / "frames").glob(f"{name}.*"))
            return [frame, scratch / f"stm/{name}.png", scratch / f"stm-int8/{name}.png"]

        upper, y = masks(pictures, MARGIN, report, demo)
        lower, y = chart(y + 38, report)
        size = f'width="{WIDTH}" height="{y + MARGIN:.0f}"'
        drawing = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(upper + lower)}</svg>'
        page = scratch / "page.html"
        page.write_text(f"<style>{STYLE}</style>{drawing}")
        subprocess.run(
            [
                os.environ.get("CHROMIUM", "chromium"),
                *"--headless --no-sandbox --disable-gpu --hide-scrollbars".split(),
                "--force-device-scale-factor=2",
                f"--window-size={WIDTH},{y + MARGIN:.0f}",
                f"--screenshot={scratch / 'page.png'}",
                page.as_uri(),
            ],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        write_with_palette(scratch / "page.png", out)


main()
