"""Makes quantization.safetensors: values, kernels and scales trained through their rounding.

    python make_quantization.py        (torch, safetensors)

Single values are rounded by PyTorch's own learnable fake quantization, which is in binary32. In a
network, in binary64, rounding is `round(x).detach() + (x - x.detach())`, which is exact: autograd
sees the identity, and does the rest. `CASE/y` is the result, `CASE/c` a gradient by it, and
`CASE/d/X` the gradient by `X`.
"""

import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(12)
tensors = {}


def numbers(*shape):
    return torch.randn(shape, dtype=torch.float64)


def rounded(x):
    return torch.round(x).detach() + (x - x.detach())


def quantized(x, scale, low, high):
    """`x` in whole multiples of `scale`, from `low` to `high` of them."""
    steps = rounded(x / scale)
    steps = torch.where(steps < low, torch.full_like(steps, low), steps)
    return torch.where(steps > high, torch.full_like(steps, high), steps) * scale


def kernel(w):
    """A kernel as 8-bit integers with a scale for each output channel; it stays what it was to
    autograd."""
    scale = (w.abs().amax((1, 2, 3), keepdim=True) / 127).detach()
    return w + (torch.round(w / scale).clamp(-127, 127) * scale - w).detach()


def case(name, function, **operands):
    for operand in operands.values():
        operand.requires_grad_()
    y = function(**operands)
    c = numbers(*y.shape).to(y.dtype)
    gradients = torch.autograd.grad(y, list(operands.values()), c)
    for (key, operand), gradient in zip(operands.items(), gradients):
        tensors[f"{name}/{key}"] = operand.detach().contiguous()
        tensors[f"{name}/d/{key}"] = gradient.clone().contiguous()
    tensors[f"{name}/y"] = y.detach().contiguous()
    tensors[f"{name}/c"] = c


def scale(value):
    return torch.tensor(value, dtype=torch.float64)


def single(name, zero_point, low, high):
    """Values beyond both ends of the range."""

    def function(x, s):
        zero = torch.tensor([zero_point], dtype=torch.float32)
        return torch._fake_quantize_learnable_per_tensor_affine(x, s, zero, low, high, 1.0)

    x = 3 * numbers(1, 2, 5, 6).float()
    case(name, function, x=x, s=torch.tensor([6 / (high - low)], dtype=torch.float32))


single("nonNegative", 0.0, 0, 255)
single("asymmetric", 77.0, 0, 255)
single("signed", 0.0, -128, 127)


def network(x, w1, b1, w2, s0, s1):
    """Two convolutions: the first reads `x` with zero point 100, the second what a ReLU left."""
    h = F.relu(F.conv2d(quantized(x, s0, -100, 155), kernel(w1), b1, 2, 1))
    return F.conv2d(quantized(h, s1, 0, 255), kernel(w2))


case(
    "network", network, x=numbers(2, 2, 5, 6), w1=numbers(3, 2, 3, 3), b1=numbers(3),
    w2=numbers(2, 3, 1, 1), s0=scale(0.013), s1=scale(0.02))

save_file(tensors, pathlib.Path(__file__).parent / "quantization.safetensors")
