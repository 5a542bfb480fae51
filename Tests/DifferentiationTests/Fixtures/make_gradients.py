"""Makes gradients.safetensors: what PyTorch's autograd computes for single operators, in binary64.

    python make_gradients.py        (torch, safetensors)

For every case the operands, `CASE/y`, the result, `CASE/c`, a gradient by the result, and
`CASE/d/X`, the gradient by each operand `X` that follows.
"""

import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(11)
tensors = {}


def numbers(*shape):
    return torch.randn(shape, dtype=torch.float64)


def ties(*shape):
    """Few different numbers, so that windows have several largest ones."""
    return torch.randint(-2, 3, shape).to(torch.float64)


def case(name, function, **operands):
    for operand in operands.values():
        operand.requires_grad_()
    y = function(**operands)
    c = numbers(*y.shape)
    gradients = torch.autograd.grad(y, list(operands.values()), c)
    for (key, operand), gradient in zip(operands.items(), gradients):
        tensors[f"{name}/{key}"] = operand.detach().contiguous()
        tensors[f"{name}/d/{key}"] = gradient.clone().contiguous()
    tensors[f"{name}/y"] = y.detach().contiguous()
    tensors[f"{name}/c"] = c


def convolution(name, x, w, stride=1, bias=None, residual=None, relu=False):
    def function(x, w, b=None, r=None):
        y = F.conv2d(x, w, b, stride, w.shape[2] // 2)
        y = y if r is None else y + r
        return F.relu(y) if relu else y

    operands = {"x": x, "w": w}
    if bias is not None:
        operands["b"] = bias
    if residual is not None:
        operands["r"] = residual
    case(name, function, **operands)


convolution("conv1x1s2", numbers(2, 3, 5, 7), numbers(4, 3, 1, 1), stride=2)
convolution("conv3x3s2", numbers(1, 2, 7, 8), numbers(3, 2, 3, 3), stride=2, relu=True)
convolution("conv7x7s2", numbers(2, 3, 9, 12), numbers(2, 3, 7, 7), stride=2, bias=numbers(2))
convolution(
    "convOneAddedToTwo", numbers(1, 3, 5, 4), numbers(2, 3, 3, 3), bias=numbers(2),
    residual=numbers(2, 2, 5, 4), relu=True)
convolution(
    "convTwoAddedToOne", numbers(2, 3, 5, 4), numbers(2, 3, 3, 3), bias=numbers(2),
    residual=numbers(1, 2, 5, 4), relu=True)

for name, height, width in (("pool-even", 8, 6), ("pool-odd", 7, 9), ("pool-one", 1, 1)):
    case(name, lambda x: F.max_pool2d(x, 3, 2, 1), x=ties(2, 2, height, width))

UPSAMPLE = {"mode": "bilinear", "align_corners": False}
case("upsample4", lambda x: F.interpolate(x, scale_factor=4, **UPSAMPLE), x=numbers(2, 2, 3, 5))
case(
    "upsampleOneAddedToTwo", lambda x, r: r + F.interpolate(x, scale_factor=2, **UPSAMPLE),
    x=numbers(1, 2, 3, 5), r=numbers(2, 2, 6, 10))
case(
    "upsampleTwoAddedToOne", lambda x, r: r + F.interpolate(x, scale_factor=2, **UPSAMPLE),
    x=numbers(2, 2, 1, 2), r=numbers(1, 2, 2, 4))

case("relu", lambda x: F.relu(x), x=numbers(2, 3, 4, 3))
case("add", lambda x, r: x + r, x=numbers(1, 3, 4, 3), r=numbers(2, 3, 4, 3))
case(
    "concatenate", lambda x, r: torch.cat([x, r.expand(2, -1, -1, -1)], 1), x=numbers(2, 3, 2, 3),
    r=numbers(1, 2, 2, 3))

case(
    "frozen", lambda x, w, b: x * w[:, None, None] + b[:, None, None], x=numbers(2, 3, 4, 3),
    w=numbers(3), b=numbers(3))
case(
    "batch", lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True, eps=1e-5),
    x=numbers(2, 3, 4, 3), w=numbers(3), b=numbers(3))


def read(keys, values, query):
    n, k, v = keys.shape[0], keys.shape[1], values.shape[1]
    p = torch.softmax(
        keys.reshape(n, k, -1).transpose(1, 2) @ query.reshape(1, k, -1) / k**0.5, dim=1)
    return (values.reshape(n, v, -1) @ p).reshape(n, v, *query.shape[2:])


case(
    "read", read, keys=2 * numbers(2, 4, 3, 2, 3), values=numbers(2, 5, 3, 2, 3),
    query=2 * numbers(1, 4, 2, 3))

save_file(tensors, pathlib.Path(__file__).parent / "gradients.safetensors")
