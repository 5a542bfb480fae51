"""Makes `warp.json`: thin-plate splines by SciPy, and pictures sampled through affine maps by PyTorch.

    python make_warp.py        (numpy, SciPy 1.7 or later, PyTorch)
"""

import json
import pathlib

import numpy as np
import torch
from scipy.interpolate import RBFInterpolator

random = np.random.default_rng(11)

points = np.array([[x, y] for y in (0, 10, 20) for x in (0, 15, 30)], dtype=float)
places = points + random.uniform(-2, 2, points.shape)
queries = random.uniform(-5, 35, (12, 2))
spline = RBFInterpolator(points, places, kernel="thin_plate_spline", degree=1)

HEIGHT, WIDTH = 5, 7
ROWS, COLUMNS = 10, 20
alpha = random.integers(0, 256, (HEIGHT, WIDTH, 1))
pixels = np.concatenate([random.integers(0, 256, (HEIGHT, WIDTH, 3)) * alpha // 255, alpha], axis=2)
cases = []
for matrix, offset in [
    ([[1, 0], [0, 1]], [-2.25, -1.5]),
    ([[0.6, 0.35], [-0.3, 0.7]], [-3, 2]),
    ([[-1.3, 0.2], [0.1, 0.9]], [12, -3]),
]:
    y, x = np.mgrid[0:ROWS, 0:COLUMNS] + 0.5
    positions = np.stack([x, y], axis=-1) @ np.array(matrix).T + offset
    grid = torch.tensor(positions * 2 / [WIDTH, HEIGHT] - 1)[None]
    image = torch.tensor(pixels, dtype=torch.float64).permute(2, 0, 1)[None] / 255
    for border, mode in [("transparent", "zeros"), ("mirror", "reflection")]:
        sampled = torch.nn.functional.grid_sample(
            image, grid, mode="bilinear", padding_mode=mode, align_corners=False)
        cases.append(dict(
            matrix=matrix, offset=offset, border=border,
            expected=[round(v, 6) for v in sampled[0].permute(1, 2, 0).reshape(-1).tolist()]))

content = dict(
    points=points.tolist(), places=places.tolist(), queries=queries.tolist(),
    results=spline(queries).tolist(), width=WIDTH, height=HEIGHT, columns=COLUMNS, rows=ROWS,
    pixels=pixels.reshape(-1, 4).tolist(), cases=cases)
path = pathlib.Path(__file__).parent / "warp.json"
path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
