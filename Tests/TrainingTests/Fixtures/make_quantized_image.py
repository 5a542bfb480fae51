"""Makes quantized_image.safetensors: an integer convolution of an image and a mask, trained.

    python make_quantized_image.py        (torch, safetensors)

Rounding is `round(x).detach() + (x - x.detach())`, which is exact: autograd sees the identity, and
does the rest. The kernel has the deviations in it and is rounded with them; padding stands for the
rounded mean, and the bias takes what that is off. `y` is the result, `c` a gradient by it, `d/X` the
gradient by `X`.
"""

import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(13)
MEAN = torch.tensor([0.485, 0.456, 0.0], dtype=torch.float64)
DEVIATION = torch.tensor([0.229, 0.224, 1.0], dtype=torch.float64)


def rounded(x):
    return torch.round(x).detach() + (x - x.detach())


frame = torch.rand(1, 2, 5, 6, dtype=torch.float64)
mask = torch.rand(2, 1, 5, 6, dtype=torch.float64)
weight = torch.randn(3, 3, 3, 3, dtype=torch.float64)
bias = torch.randn(3, dtype=torch.float64)
operands = {"frame": frame, "mask": mask, "weight": weight, "bias": bias}
for operand in operands.values():
    operand.requires_grad_()

image = rounded(torch.cat([frame.expand(2, -1, -1, -1), mask], 1) * 255) / 255
mean = torch.round(MEAN * 255) / 255
folded = weight / DEVIATION[:, None, None]
scale = (folded.abs().amax((1, 2, 3), keepdim=True) / 127).detach()
kernel = rounded(folded / scale) * scale
y = F.conv2d(image - mean[:, None, None], kernel, stride=2, padding=1)
y = y + (bias + (kernel.sum((2, 3)) * (mean - MEAN)).sum(1))[:, None, None]
c = torch.randn(y.shape, dtype=torch.float64)
gradients = torch.autograd.grad(y, list(operands.values()), c)

tensors = {"y": y, "c": c, **operands}
tensors |= {f"d/{name}": gradient for name, gradient in zip(operands, gradients)}
save_file(
    {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()},
    pathlib.Path(__file__).parent / "quantized_image.safetensors",
)
