"""Errors between tensors as NumPy computes them: metrics.safetensors and metrics.json.

    python3 make_metrics.py        (numpy, safetensors)
"""
import json

import numpy as np
from safetensors.numpy import save_file

SHAPE = (2, 3, 5, 7)
FLOOR, OUTLIER = 0.01, 6.0


def ordinals(bits, sign):
    """The places of numbers among all of their format, from their bits."""
    magnitude = (bits & (sign - 1)).astype(np.int64)
    return np.where(bits & sign, -magnitude, magnitude)


def bfloat16(values):
    bits = values.view(np.uint32).astype(np.uint64)
    return (((bits + 0x7FFF + (bits >> 16 & 1)) >> 16) << 16).astype(np.uint32).view(np.float32)


def places(values, storage):
    if storage == "fp32":
        return ordinals(values.view(np.uint32), 1 << 31)
    if storage == "fp16":
        return ordinals(values.astype(np.float16).view(np.uint16), 1 << 15)
    if storage == "bf16":
        return ordinals((bfloat16(values).view(np.uint32) >> 16).astype(np.uint16), 1 << 15)
    scale, zero_point = storage
    whole = np.rint(values / np.float32(scale)) + zero_point
    return np.clip(whole, 0, 255).astype(np.int64)


def decibels(ratio):
    return float(10 * np.log10(ratio))


def metrics(reference, candidate, storage):
    r, c = reference.astype(np.float64), candidate.astype(np.float64)
    error = np.abs(c - r)
    relative = error / np.maximum(np.abs(r), FLOOR * np.abs(r).max())
    distance = np.abs(places(candidate, storage) - places(reference, storage))
    edges = [0] + [1 << bit for bit in range(33)]
    ulps = np.bincount(np.searchsorted(edges, distance.ravel()), minlength=34)
    saturated = 0
    if isinstance(storage, tuple):
        scale, zero_point = storage
        low, high = -zero_point * scale, (255 - zero_point) * scale
        whole = places(candidate, storage)
        above = (whole == 255) & (r > high + scale / 2)
        below = (whole == 0) & (r < low - scale / 2)
        saturated = int((above | below).sum())
    channel = (error**2).sum(axis=(0, 2, 3))
    worst = int(channel.argmax())
    return {
        "maximum": float(error.max()),
        "mean": float(error.mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "relativeMaximum": float(error.max() / np.abs(r).max()),
        "maximumRelative": float(relative.max()),
        "meanRelative": float(relative.mean()),
        "sqnr": decibels((r**2).sum() / (error**2).sum()),
        "psnr": decibels(np.abs(r).max() ** 2 / (error**2).mean()),
        "cosine": float((r * c).sum() / np.sqrt((r**2).sum() * (c**2).sum())),
        "outliers": int((error > OUTLIER * np.sqrt((error**2).mean())).sum()),
        "saturated": saturated,
        "ulps": ulps.tolist(),
        "channels": [decibels((r**2).sum() / 3 / energy) for energy in channel],
        "worstChannel": worst,
        "position": [int(i) for i in np.unravel_index(error.argmax(), SHAPE)],
    }


def main():
    random = np.random.default_rng(7)
    reference = (random.standard_normal(SHAPE) * np.array([1, 10, 0.1])[:, None, None]).astype(
        np.float32
    )
    reference[0, 0, 0, :3] = [0, -0.0, 1e-7]  # below the smallest normal number of binary16
    noise = random.standard_normal(SHAPE) * 1e-3
    noise[1, 2, 3, 4] = 0.3
    scale, zero_point = 0.0625, 100
    noisy = (reference + 100 * noise).astype(np.float32)
    quantized = np.clip(np.rint(noisy / np.float32(scale)) + zero_point, 0, 255) - zero_point
    candidates = {
        "fp32": (reference + noise).astype(np.float32),
        "fp16": (reference + noise).astype(np.float16).astype(np.float32),
        "bf16": bfloat16((reference + noise).astype(np.float32)),
        "int8": (quantized * scale).astype(np.float32),
    }
    storages = {"fp32": "fp32", "fp16": "fp16", "bf16": "bf16", "int8": (scale, zero_point)}
    save_file({"reference": reference, **candidates}, "metrics.safetensors")
    with open("metrics.json", "w") as file:
        cases = {name: metrics(reference, c, storages[name]) for name, c in candidates.items()}
        json.dump(cases, file, indent=1, sort_keys=True)
        file.write("\n")


main()
