"""Makes quantization.safetensors: values, kernels and scales trained through their rounding.

    python make_quantization.py        (torch, safetensors)

Rounding is `x + (round(x) - x).detach()`: autograd sees the identity, and does the rest. Everything
is in binary64. `CASE/y` is the result, `CASE/c` a gradient by it, and `CASE/d/X` the gradient by `X`.
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
    return x + (torch.round(x) - x).detach()


def quantized(x, scale, low, high):
    """`x` in whole multiples of `scale`, from `low` to `high` of them."""
    return torch.clamp(rounded(x / scale), low, high) * scale


def kernel(w):
    """A kernel as 8-bit integers with a scale for each output channel; it stays what it was to
    autograd."""
    scale = (w.abs().amax((1, 2, 3), keepdim=True) / 127).detach()
    return w + (torch.round(w / scale).clamp(-127, 127) * scale - w).detach()


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


def scale(value):
    return torch.tensor(value, dtype=torch.float64)


# Ranges that clamp at both ends: unsigned with zero point 0 and 77, and signed.
case("nonNegative", lambda x, s: quantized(x, s, 0, 255), x=3 * numbers(1, 2, 5, 6), s=scale(0.011))
case("asymmetric", lambda x, s: quantized(x, s, -77, 178), x=3 * numbers(1, 2, 5, 6), s=scale(0.011))
case("signed", lambda x, s: quantized(x, s, -128, 127), x=3 * numbers(1, 2, 5, 6), s=scale(0.02))


def network(x, w1, b1, w2, s0, s1):
    """Two convolutions: the first reads `x` with zero point 100, the second what a ReLU left."""
    h = F.relu(F.conv2d(quantized(x, s0, -100, 155), kernel(w1), b1, 2, 1))
    return F.conv2d(quantized(h, s1, 0, 255), kernel(w2))


case(
    "network", network, x=numbers(2, 2, 5, 6), w1=numbers(3, 2, 3, 3), b1=numbers(3),
    w2=numbers(2, 3, 1, 1), s0=scale(0.013), s1=scale(0.02))

save_file(tensors, pathlib.Path(__file__).parent / "quantization.safetensors")
