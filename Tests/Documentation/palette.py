"""Write a picture of chromium's with a palette of 256 colours, at a third of the size."""

import struct
import zlib
from collections import Counter


def paeth(left, above, corner):
    """PNG's prediction: that of three bytes which is nearest to left + above - corner."""
    to_left, to_above, to_corner = abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)
    if to_left <= to_above and to_left <= to_corner:
        return left
    return above if to_above <= to_corner else corner


def read(path):
    """The rows of a PNG of 8 bits a channel and 3 channels, each a list of colours."""
    data, compressed, place = path.read_bytes(), b"", 8
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        content = data[place + 8 : place + 8 + length]
        if kind == b"IHDR" and content[8:10] != b"\x08\x02":
            raise ValueError(f"{path}: expected 8 bits a channel and 3 channels")
        if kind == b"IHDR":
            width = struct.unpack(">I", content[:4])[0]
        if kind == b"IDAT":
            compressed += content
        place += 12 + length
    filtered, above = zlib.decompress(compressed), bytes(3 * width + 3)
    for start in range(0, len(filtered), 3 * width + 1):
        kind = filtered[start]
        row = bytearray(3) + filtered[start + 1 : start + 3 * width + 1]  # behind a pixel of zeros
        for place in range(3, len(row)) if kind else ():
            if kind == 1:
                predicted = row[place - 3]
            elif kind == 2:
                predicted = above[place]
            elif kind == 3:
                predicted = (row[place - 3] + above[place]) // 2
            else:
                predicted = paeth(row[place - 3], above[place], above[place - 3])
            row[place] = row[place] + predicted & 255
        above = row
        yield list(zip(row[3::3], row[4::3], row[5::3]))


def deviation(group, counts):
    """How far the colours of `group` lie from their mean: the sum of squares on the axis where it is
    largest, and that axis."""
    total = sum(counts[colour] for colour in group)
    sums = []
    for axis in range(3):
        first = sum(counts[colour] * colour[axis] for colour in group)
        second = sum(counts[colour] * colour[axis] ** 2 for colour in group)
        sums.append((second - first * first / total, axis))
    return max(sums)


def median_cut(counts):
    """At most 256 groups of the colours in `counts`: the one that deviates most is cut at its median,
    again and again."""
    groups = [(*deviation(counts, counts), sorted(counts))]
    while len(groups) < 256 and max(groups)[0] > 0:
        _, axis, group = groups.pop(groups.index(max(groups)))
        group.sort(key=lambda colour: (colour[axis], colour))
        half, below, cut = sum(counts[colour] for colour in group) / 2, 0, 0
        while cut < len(group) - 1 and (cut == 0 or below < half):
            below += counts[group[cut]]
            cut += 1
        groups += [(*deviation(part, counts), part) for part in (group[:cut], group[cut:])]
    return [group for _, _, group in groups]


def mean(group, counts):
    """The mean of the colours in `group`, by how often they occur."""
    total = sum(counts[colour] for colour in group)
    return [round(sum(colour[axis] * counts[colour] for colour in group) / total) for axis in range(3)]


def write_with_palette(source, target):
    """Writes the picture `source` to `target` with a palette."""
    rows = list(read(source))
    counts = Counter(colour for row in rows for colour in row)
    groups = median_cut(counts)
    number = {colour: index for index, group in enumerate(groups) for colour in group}
    pixels = b"".join(b"\0" + bytes(map(number.get, row)) for row in rows)
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 3, 0, 0, 0)
    palette = bytes(value for group in groups for value in mean(group, counts))
    with open(target, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, content in (
            (b"IHDR", header),
            (b"PLTE", palette),
            (b"IDAT", zlib.compress(pixels, 9)),
            (b"IEND", b""),
        ):
            file.write(struct.pack(">I", len(content)) + kind + content)
            file.write(struct.pack(">I", zlib.crc32(kind + content)))
