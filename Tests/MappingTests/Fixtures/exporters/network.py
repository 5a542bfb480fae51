"""The network whose exports are collected here, in PyTorch: a Space-Time Memory network of any size,
and the departures from it that other people's code has (`Style`).

Oh, Lee, Xu, Kim, "Video Object Segmentation using Space-Time Memory Networks", ICCV 2019.
Parameter names are those of the published checkpoint.
"""

import dataclasses
import math

import torch
from torch import nn
from torch.nn import functional as F

EPSILON = 1e-5
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
STAGES = ("res2", "res3", "res4")


@dataclasses.dataclass(frozen=True)
class Size:
    """Channels and depths, as the suite's configuration has them."""

    width: int = 2
    blocks: tuple = (2, 1, 1)
    key: int = 2
    value: int = 3
    decoder: int = 3


@dataclasses.dataclass(frozen=True)
class Style:
    """How an implementation differs from the published one."""

    epsilon: float = EPSILON
    joined_stem: bool = False  # one convolution over concatenated frame, mask and others
    biased: bool = False  # convolutions in front of batch norms have a bias
    affine: bool = False  # a batch norm is a multiplication and an addition
    normalize: str = "divide"  # or "multiply" (by 1 / std), "shift" (std is in conv1), "none"
    rectified_skip: bool = False  # ResBlock: the first ReLU is in place, so the skip is relu(x)
    stride_first: bool = False  # ResNet v1: the stride is on the first 1x1
    basic: bool = False  # ResNet-18's blocks


class Affine(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.shift = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x):
        return x * self.scale + self.shift


def norm(channels, style):
    return Affine(channels) if style.affine else nn.BatchNorm2d(channels, eps=style.epsilon)


def conv(inputs, outputs, size, stride, style):
    return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=style.biased)


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inputs, planes, stride, style):
        super().__init__()
        first, second = (stride, 1) if style.stride_first else (1, stride)
        outputs = planes * 4
        self.conv1 = conv(inputs, planes, 1, first, style)
        self.bn1 = norm(planes, style)
        self.conv2 = conv(planes, planes, 3, second, style)
        self.bn2 = norm(planes, style)
        self.conv3 = conv(planes, outputs, 1, 1, style)
        self.bn3 = norm(outputs, style)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                conv(inputs, outputs, 1, stride, style), norm(outputs, style))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (self.downsample(x) if self.downsample is not None else x))


class Basic(nn.Module):
    expansion = 1

    def __init__(self, inputs, planes, stride, style):
        super().__init__()
        self.conv1 = conv(inputs, planes, 3, stride, style)
        self.bn1 = norm(planes, style)
        self.conv2 = conv(planes, planes, 3, 1, style)
        self.bn2 = norm(planes, style)
        self.downsample = None
        if stride != 1 or inputs != planes:
            self.downsample = nn.Sequential(
                conv(inputs, planes, 1, stride, style), norm(planes, style))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (self.downsample(x) if self.downsample is not None else x))


class Encoder(nn.Module):
    """The trunk: a frame, for the memory also two masks, to features at 1/16, 1/8 and 1/4."""

    def __init__(self, size, style, masks):
        super().__init__()
        self.style = style
        self.masks = masks
        width = size.width
        if masks and style.joined_stem:
            self.conv1 = nn.Conv2d(5, width, 7, 2, 3, bias=False)
        else:
            self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=style.biased)
            if masks:
                self.conv1_m = nn.Conv2d(1, width, 7, 2, 3, bias=False)
                self.conv1_o = nn.Conv2d(1, width, 7, 2, 3, bias=False)
        self.bn1 = norm(width, style)
        block = Basic if style.basic else Bottleneck
        channels = width
        for index, (stage, count) in enumerate(zip(STAGES, size.blocks)):
            layers = []
            for number in range(count):
                stride = 2 if index > 0 and number == 0 else 1
                layers.append(block(channels, width << index, stride, style))
                channels = (width << index) * block.expansion
            setattr(self, stage, nn.Sequential(*layers))
        std = torch.tensor(STD).view(1, 3, 1, 1)
        if style.normalize != "none":
            self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1))
        if style.normalize == "divide":
            self.register_buffer("std", std)
        if style.normalize == "multiply":
            self.register_buffer("scale", 1 / std)

    def normalized(self, frame):
        match self.style.normalize:
            case "divide":
                return (frame - self.mean) / self.std
            case "multiply":
                return (frame - self.mean) * self.scale
            case "shift":
                return frame - self.mean
            case _:
                return frame

    def forward(self, frame, mask=None, others=None):
        frame = self.normalized(frame)
        if not self.masks:
            x = self.conv1(frame)
        elif self.style.joined_stem:
            x = self.conv1(torch.cat([frame, mask, others], 1))
        else:
            x = self.conv1(frame) + self.conv1_m(mask) + self.conv1_o(others)
        x = F.max_pool2d(F.relu(self.bn1(x)), 3, 2, 1)
        r2 = self.res2(x)
        r3 = self.res3(r2)
        return self.res4(r3), r3, r2


class KeyValue(nn.Module):
    def __init__(self, inputs, size):
        super().__init__()
        self.Key = nn.Conv2d(inputs, size.key, 3, padding=1)
        self.Value = nn.Conv2d(inputs, size.value, 3, padding=1)

    def forward(self, x):
        return self.Key(x), self.Value(x)


class ResBlock(nn.Module):
    def __init__(self, channels, style):
        super().__init__()
        self.rectified_skip = style.rectified_skip
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        y = F.relu(x)
        return (y if self.rectified_skip else x) + self.conv2(F.relu(self.conv1(y)))


def enlarged(x, factor):
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


class Refine(nn.Module):
    def __init__(self, inputs, channels, style):
        super().__init__()
        self.convFS = nn.Conv2d(inputs, channels, 3, padding=1)
        self.ResFS = ResBlock(channels, style)
        self.ResMM = ResBlock(channels, style)

    def forward(self, skip, deeper):
        return self.ResMM(self.ResFS(self.convFS(skip)) + enlarged(deeper, 2))


class Decoder(nn.Module):
    def __init__(self, size, style):
        super().__init__()
        channels = size.decoder
        expansion = 1 if style.basic else 4
        self.convFM = nn.Conv2d(size.value * 2, channels, 3, padding=1)
        self.ResMM = ResBlock(channels, style)
        self.RF3 = Refine(size.width * 2 * expansion, channels, style)
        self.RF2 = Refine(size.width * expansion, channels, style)
        self.pred2 = nn.Conv2d(channels, 2, 3, padding=1)

    def forward(self, readout, r3, r2):
        m4 = self.ResMM(self.convFM(readout))
        return enlarged(self.pred2(F.relu(self.RF2(r2, self.RF3(r3, m4)))), 4)


class Network(nn.Module):
    def __init__(self, size, style=Style()):
        super().__init__()
        self.size = size
        self.style = style
        inputs = size.width * (4 if style.basic else 16)
        self.Encoder_M = Encoder(size, style, masks=True)
        self.Encoder_Q = Encoder(size, style, masks=False)
        self.KV_M_r4 = KeyValue(inputs, size)
        self.KV_Q_r4 = KeyValue(inputs, size)
        self.Decoder = Decoder(size, style)
        self.eval()


def read(keys, values, query_key, query_value):
    """The readout of a memory [1, C, T, H, W] beside the query's own value: [1, 2 C, H, W]."""
    _, channels, time, height, width = keys.shape
    keys = keys.reshape(1, channels, time * height * width).transpose(1, 2)
    scores = keys @ query_key.reshape(1, channels, height * width) / math.sqrt(channels)
    weights = torch.softmax(scores, dim=1)
    values = values.reshape(1, -1, time * height * width)
    return torch.cat([(values @ weights).reshape(1, -1, height, width), query_value], 1)


def attach(parent, path, child):
    """Makes `child` a module of `parent` under a path whose inner parts are empty modules."""
    *outer, last = path.split(".")
    for name in outer:
        if not hasattr(parent, name):
            setattr(parent, name, nn.Module())
        parent = getattr(parent, name)
    setattr(parent, last, child)


class Step(nn.Module):
    """A graph that people export: some of the network's modules under names of the wrapper's own.

    `names` maps the network's names (`Encoder_M`) to the wrapper's (`encoder`).
    """

    def __init__(self, network, modules, names):
        super().__init__()
        self.names = {name: names.get(name, name) for name in modules}
        for name, path in self.names.items():
            attach(self, path, getattr(network, name))
        self.eval()

    def module(self, name):
        return self.get_submodule(self.names[name])


class Memorize(Step):
    def __init__(self, network, names={}):
        super().__init__(network, ["Encoder_M", "KV_M_r4"], names)

    def forward(self, frame, mask, others):
        return self.module("KV_M_r4")(self.module("Encoder_M")(frame, mask, others)[0])


class Query(Step):
    def __init__(self, network, names={}):
        super().__init__(network, ["Encoder_Q", "KV_Q_r4"], names)

    def forward(self, frame):
        r4, r3, r2 = self.module("Encoder_Q")(frame)
        key, value = self.module("KV_Q_r4")(r4)
        return key, value, r3, r2


class Decode(Step):
    def __init__(self, network, names={}):
        super().__init__(network, ["Decoder"], names)

    def forward(self, memory_keys, memory_values, query_key, query_value, r3, r2):
        readout = read(memory_keys, memory_values, query_key, query_value)
        return self.module("Decoder")(readout, r3, r2)


class Encode(Step):
    """Memorizes one frame and encodes another."""

    def __init__(self, network, names={}):
        super().__init__(network, ["Encoder_M", "KV_M_r4", "Encoder_Q", "KV_Q_r4"], names)

    def forward(self, memory_frame, mask, others, query_frame):
        key, value = self.module("KV_M_r4")(
            self.module("Encoder_M")(memory_frame, mask, others)[0])
        r4, r3, r2 = self.module("Encoder_Q")(query_frame)
        return key, value, *self.module("KV_Q_r4")(r4), r3, r2


class Segment(Step):
    """The whole network: one frame memorized, another segmented."""

    def __init__(self, network, names={}):
        super().__init__(
            network, ["Encoder_M", "KV_M_r4", "Encoder_Q", "KV_Q_r4", "Decoder"], names)

    def forward(self, memory_frame, mask, others, query_frame):
        keys, values = self.module("KV_M_r4")(
            self.module("Encoder_M")(memory_frame, mask, others)[0])
        r4, r3, r2 = self.module("Encoder_Q")(query_frame)
        key, value = self.module("KV_Q_r4")(r4)
        readout = read(keys.unsqueeze(2), values.unsqueeze(2), key, value)
        return self.module("Decoder")(readout, r3, r2)


def random_state(size, seed=0):
    """Weights that are all different, with batch-norm statistics that matter, by canonical name."""
    generator = torch.Generator().manual_seed(seed)

    def normal(shape, scale):
        return torch.randn(shape, generator=generator) * scale

    def uniform(shape, low, high):
        return torch.rand(shape, generator=generator) * (high - low) + low

    state = {}
    for name, value in Network(size).state_dict().items():
        kind = name.split(".")[-1]
        if kind in ("mean", "std"):
            state[name] = value.clone()
        elif kind == "num_batches_tracked":
            state[name] = torch.tensor(1000 + len(state))
        elif kind == "running_var":
            state[name] = uniform(value.shape, 0.5, 1.5)
        elif kind == "weight" and value.dim() == 1:
            state[name] = uniform(value.shape, 0.5, 1.2)
        elif kind == "weight":
            state[name] = normal(value.shape, math.sqrt(1.5 / value[0].numel()))
        else:
            state[name] = normal(value.shape, 0.1)
    check_distinct(state)
    return state


def check_distinct(state):
    seen = {}
    for name, value in state.items():
        if name.endswith((".mean", ".std")):
            continue
        content = (value.shape, value.numpy().tobytes())
        assert content not in seen, f"{name} equals {seen[content]}"
        seen[content] = name


def folding(state):
    """Every batch norm with the convolutions that it scales: [(norm, [convolution])]."""
    pairs = []
    for name in state:
        if not name.endswith(".running_mean"):
            continue
        bn = name.removesuffix(".running_mean")
        if bn == "Encoder_M.bn1":
            convolutions = ["Encoder_M.conv1", "Encoder_M.conv1_m", "Encoder_M.conv1_o"]
        elif bn.endswith("downsample.1"):
            convolutions = [bn[:-1] + "0"]
        else:
            outer, last = bn.rsplit(".", 1)
            convolutions = [f"{outer}.conv{last[2:]}"]
        pairs.append((bn, convolutions))
    return pairs


def scale_and_shift(state, bn, epsilon=EPSILON):
    """What a batch norm does to a channel, in binary64."""
    weight, bias, mean, variance = (
        state[f"{bn}.{part}"].double()
        for part in ("weight", "bias", "running_mean", "running_var"))
    scale = weight / torch.sqrt(variance + epsilon)
    return scale, bias - mean * scale


def folded(state):
    """The weights with every batch norm inside its convolution, computed in binary64."""
    result = {
        name: value for name, value in state.items()
        if not name.endswith(".num_batches_tracked")}
    for bn, convolutions in folding(state):
        scale, shift = scale_and_shift(state, bn)
        for convolution in convolutions:
            weight = f"{convolution}.weight"
            result[weight] = (state[weight].double() * scale.view(-1, 1, 1, 1)).float()
        result[f"{convolutions[0]}.bias"] = shift.float()
        for part in ("weight", "bias", "running_mean", "running_var"):
            del result[f"{bn}.{part}"]
    return result


def styled(state, size, style):
    """The network in another style with the same function, where the style allows that."""
    network = Network(size, style)
    state = {name: value.clone() for name, value in state.items()}
    for name in [name for name in state if name.endswith((".mean", ".std"))]:
        prefix, kind = name.rsplit(".", 1)
        if kind == "std" and style.normalize == "multiply":
            state[f"{prefix}.scale"] = 1 / state[name]
        if kind == "std" and style.normalize == "shift":
            weight = f"{prefix}.conv1.weight"
            state[weight] = (state[weight].double() / state[name].double()).float()
    for name in [name for name in state if name not in network.state_dict()]:
        if name.endswith((".mean", ".std")):
            del state[name]
    generator = torch.Generator().manual_seed(1)
    for bn, convolutions in folding(state):
        if style.affine:
            scale, shift = scale_and_shift(state, bn)
            for part in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
                del state[f"{bn}.{part}"]
            state[f"{bn}.scale"] = scale.float().view(1, -1, 1, 1)
            state[f"{bn}.shift"] = shift.float().view(1, -1, 1, 1)
        elif style.epsilon != EPSILON:
            variance = state[f"{bn}.running_var"].double()
            state[f"{bn}.running_var"] = (variance + EPSILON - style.epsilon).float()
        if style.biased:
            bias = torch.randn(state[f"{convolutions[0]}.weight"].shape[0], generator=generator)
            state[f"{convolutions[0]}.bias"] = bias * 0.1
            state[f"{bn}.running_mean"] += bias * 0.1
    if style.joined_stem:
        parts = [f"Encoder_M.{name}.weight" for name in ("conv1", "conv1_m", "conv1_o")]
        state[parts[0]] = torch.cat([state[part] for part in parts], 1)
        del state[parts[1]], state[parts[2]]
    network.load_state_dict(state)
    return network
