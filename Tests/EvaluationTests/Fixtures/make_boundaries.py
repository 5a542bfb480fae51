"""Contour accuracies of masks by SciPy's morphology, as the DAVIS evaluation defines them.

    python3 make_boundaries.py        (numpy, scipy); writes boundaries.json
"""
import json
import math

import numpy as np
from scipy.ndimage import binary_dilation, gaussian_filter


def boundary(inside):
    """Pixels that differ from their right, lower or lower right neighbour, edges continued."""
    padded = np.pad(inside, ((0, 1), (0, 1)), mode="edge")
    others = padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    return np.logical_or.reduce([inside != other for other in others])


def accuracy(mask, truth, number):
    valid = truth != 255
    mine, theirs = boundary((mask == number) & valid), boundary((truth == number) & valid)
    radius = math.ceil(0.008 * np.linalg.norm(mask.shape))
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disk = x * x + y * y <= radius * radius
    if not mine.any() or not theirs.any():
        return float(mine.any() == theirs.any())
    precision = (mine & binary_dilation(theirs, disk)).sum() / mine.sum()
    recall = (theirs & binary_dilation(mine, disk)).sum() / theirs.sum()
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def blobs(random, shape, shift=0.0):
    field = gaussian_filter(random.standard_normal(shape), 6, mode="wrap")
    return np.digitize(field / field.std() + shift, [0.4, 1.2]).astype(np.uint8)


def main():
    random = np.random.default_rng(3)
    pairs = []
    for shape in [(30, 45), (80, 140), (150, 300)]:
        truth = blobs(random, shape)
        mask = np.roll(truth, (1, 2), (0, 1))
        mask[: shape[0] // 3] = blobs(random, shape)[: shape[0] // 3]
        truth[5:9, 10:25] = 255
        pairs.append((mask, truth))
    cases = [
        {
            "width": mask.shape[1],
            "mask": "".join(map(str, mask.ravel())),
            "truth": "".join("v" if i == 255 else str(i) for i in truth.ravel()),
            "accuracies": [accuracy(mask, truth, number) for number in (1, 2, 3)],
        }
        for mask, truth in pairs
    ]
    with open("boundaries.json", "w") as file:
        json.dump(cases, file, indent=1)
        file.write("\n")
    print([case["accuracies"] for case in cases])


main()
