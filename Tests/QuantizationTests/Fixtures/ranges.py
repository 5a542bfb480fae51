"""Makes the samples of RangeMethodTests and what numpy finds of them.

    python ranges.py FOLDER

writes ranges.safetensors (samples) and ranges.json into FOLDER. Needs numpy and safetensors.

- percentiles: numpy's own, of all elements, and of both sides;
- errors: the least mean squared error of 8-bit rounding and clamping over a fine grid of ranges;
- entropy: the end of the window that a direct reading of the slides finds: whole distributions,
  clamped, merged and spread out again, for each window.
"""

import json
import sys

import numpy as np
from safetensors.numpy import save_file

COUNT = 4096
random = np.random.default_rng(7)


def samples():
    normal = random.normal(0, 1, COUNT)
    outlier = normal.copy()
    outlier[17] = 1000
    skewed = random.gamma(2.0, 1.0, COUNT) - 1
    return {
        "uniform": random.uniform(0, 1, COUNT),
        "rectified": np.maximum(random.normal(0, 1, COUNT), 0),
        "outlier": np.abs(outlier),
        "normal": normal,
        "tailed": random.standard_t(3, COUNT),
        "skewed": skewed,
    }


SCHEMES = {
    "uniform": ["nonNegative"],
    "rectified": ["nonNegative"],
    "outlier": ["nonNegative"],
    "normal": ["asymmetric"],
    "tailed": ["asymmetric"],
    "skewed": ["asymmetric"],
}


def percentile(x, scheme, share):
    if scheme == "nonNegative":
        return [0.0, np.percentile(x, share)]
    return [np.percentile(x, (100 - share) / 2), np.percentile(x, (100 + share) / 2)]


def error(x, scale, zero, low, high):
    q = np.clip(np.rint(x / scale) + zero, low, high)
    return np.mean((x - (q - zero) * scale) ** 2)


def least_error(x, scheme):
    ends = np.geomspace(1 / 2048, 1, 400)
    if scheme == "nonNegative":
        return min(error(x, x.max() * f / 255, 0, 0, 255) for f in ends)
    best = np.inf
    for low in np.geomspace(1 / 32, 1, 60) * x.min():
        for high in np.geomspace(1 / 32, 1, 60) * x.max():
            scale = (high - low) / 255
            best = min(best, error(x, scale, np.rint(-low / scale), 0, 255))
    return best


def width(low, high):
    """The smallest power of two for which at most 2048 bins hold the range and 0."""
    exponent = -126
    while max(np.floor(high / 2.0**exponent), 0) - min(np.floor(low / 2.0**exponent), 0) > 2047:
        exponent += 1
    return 2.0**exponent


def divergence(p, q):
    inside = p > 0
    return np.sum(p[inside] * np.log(p[inside] / q[inside]))


def entropy(x):
    w = width(min(x.min(), 0), max(x.max(), 0))
    bins = np.floor(x / w).astype(int)
    levels = 256
    below = -min(bins.min(), 0)
    counts = np.bincount(bins + below).astype(float)
    counts[below] -= np.sum(x == 0)
    best, window = np.inf, (0, len(counts))
    for size in range(len(counts), levels - 1, -1):
        start = below - (below * size + len(counts) // 2) // len(counts)
        end = start + size
        p = counts[start:end].copy()
        q = np.zeros(size)
        inside = counts[start:end].copy()
        p[0] += counts[:start].sum()
        p[-1] += counts[end:].sum()
        for edge in (0, -1):
            if inside[edge] == 0 and p[edge] > 0:
                inside[edge] = 1
        level = np.arange(size) * levels // size
        for k in range(levels):
            chosen = (level == k) & (inside > 0)
            if chosen.any():
                q[chosen] = inside[chosen].sum() / chosen.sum()
        found = divergence(p / p.sum(), q / q.sum())
        if found < best - 1e-9:
            best, window = found, (start, end)
    ends = [(window[0] - below) * w, (window[1] - below) * w]
    return [max(ends[0], x.min()), min(ends[1], x.max())]


def main(folder):
    arrays = {name: x.astype(np.float32) for name, x in samples().items()}
    save_file(arrays, f"{folder}/ranges.safetensors")
    expected = []
    for name, schemes in SCHEMES.items():
        x = arrays[name].astype(np.float64)
        for scheme in schemes:
            expected.append(
                {
                    "samples": name,
                    "scheme": scheme,
                    "width": width(x.min(), x.max()),
                    "percentiles": [
                        {"share": share, "range": [float(v) for v in percentile(x, scheme, share)]}
                        for share in (99.9, 99.0, 90.0)
                    ],
                    "leastError": float(least_error(x, scheme)),
                    "entropy": [float(v) for v in entropy(x)],
                }
            )
    with open(f"{folder}/ranges.json", "w") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


main(sys.argv[1])
