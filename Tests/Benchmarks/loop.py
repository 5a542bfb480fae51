"""The network's loop over a clip in NumPy, whatever runs the three graphs.

Padding to multiples of 16, soft aggregation, and in memory frames 0, 5, 10, ... and the last one.
needs: numpy pillow, and onnxruntime for Network
"""
import collections

import numpy as np
from PIL import Image

GRAPHS = ("memorize", "query", "decode")
INTERVAL = 5
MARGIN = np.float32(1e-7)

Step = collections.namedtuple("Step", "feeds logits probabilities")


class Network:
    """Three ONNX graphs in ONNX Runtime, by name, optimized unless told otherwise."""

    def __init__(self, paths, threads, optimizes=True):
        import onnxruntime
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.log_severity_level = 3
        if not optimizes:
            settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self.sessions = {
            graph: onnxruntime.InferenceSession(
                str(paths[graph]), settings, providers=["CPUExecutionProvider"])
            for graph in GRAPHS}

    def run(self, graph, feeds):
        session = self.sessions[graph]
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(names, feeds)))


class Padding:
    """Zeros around a picture up to multiples of 16, the smaller half first."""

    def __init__(self, height, width):
        self.before = [(-side % 16) // 2 for side in (height, width)]
        self.after = [-side % 16 - first for side, first in zip((height, width), self.before)]
        self.inside = tuple(
            slice(first, first + side) for first, side in zip(self.before, (height, width)))

    def pad(self, image):
        sides = list(zip(self.before, self.after))
        return np.pad(image, [(0, 0)] * (image.ndim - 2) + sides)

    def crop(self, image):
        return image[(..., *self.inside)]


class Clip:
    """Frames as [1, 3, H, W] from 0 to 1, the ids of the first mask, and those of the truth."""

    def __init__(self, path, long_edge, count):
        self.name, self.masks = path.name, path / "masks"
        self.paths = sorted((path / "frames").iterdir())[:count]
        with Image.open(self.paths[0]) as first:
            width, height = first.size
        scale = min(long_edge / max(width, height), 1)
        self.size = (round(width * scale), round(height * scale))
        first = self.truth(0)
        self.ids = np.where(first == 255, 0, first)

    def resized(self, image, filter):
        return image if image.size == self.size else image.resize(self.size, filter)

    def frame(self, index):
        with Image.open(self.paths[index]) as image:
            scaled = self.resized(image.convert("RGB"), Image.Resampling.BILINEAR)
        return (np.asarray(scaled, np.float32) / np.float32(255)).transpose(2, 0, 1)[None]

    def truth(self, index):
        """The ids of a frame's mask; None where it has none."""
        path = self.masks / f"{self.paths[index].stem}.png"
        if not path.exists():
            return None
        with Image.open(path) as mask:
            ids = np.asarray(self.resized(mask, Image.Resampling.NEAREST))
            return ids if mask.mode == "P" else (ids > 127).astype(np.uint8)


def aggregate(own):
    """Probabilities [N + 1, H, W] of background and objects from each object's own [N, H, W]."""
    background = np.prod(1 - own, axis=0, dtype=np.float32)
    p = np.clip(np.concatenate([background[None], own]), MARGIN, 1 - MARGIN)
    odds = p / (1 - p)
    return odds / odds.sum(0)


def follow(network, clip, forced=None):
    """What `network` makes of every frame but the first: a Step each, with what fed each graph.

    What is memorized are the network's own masks, or those of the Steps `forced`.
    """
    objects = int(clip.ids.max())
    probabilities = np.stack([clip.ids == id for id in range(objects + 1)]).astype(np.float32)
    padding = Padding(*clip.ids.shape)
    memory = []
    for index in range(1, len(clip.paths)):
        own = padding.pad(probabilities[1:, None])
        others = np.clip(own.sum(0, keepdims=True) - own, 0, 1)
        frame = padding.pad(clip.frame(index - 1))
        feeds = {"memorize": dict(frame=frame, mask=own, others=others)}
        entry = network.run("memorize", feeds["memorize"])
        if memory and (index - 2) % INTERVAL != 0:
            memory.pop()
        memory.append(entry)
        feeds["query"] = dict(frame=padding.pad(clip.frame(index)))
        stacks = {
            f"memory_{name}s": np.stack([entry[name] for entry in memory], axis=2)
            for name in ("key", "value")}
        feeds["decode"] = {**stacks, **network.run("query", feeds["query"])}
        logits = network.run("decode", feeds["decode"])["logits"]
        probabilities = padding.crop(aggregate(1 / (1 + np.exp(logits[:, 0] - logits[:, 1]))))
        yield Step(feeds, logits, probabilities)
        if forced:
            probabilities = forced[index - 1].probabilities


def objects(feeds):
    """What feeds a graph for each object by itself."""
    count = max(len(feed) for feed in feeds.values())
    return [
        {name: feed[i:i + 1] if len(feed) > 1 else feed for name, feed in feeds.items()}
        for i in range(count)]


def masks(steps):
    """The ids of each step's frame."""
    return [step.probabilities.argmax(0).astype(np.uint8) for step in steps]


def overlap(masks, others, objects):
    """The mean IoU of every object in every pair of masks; void pixels of `others` do not count."""
    values = []
    for mask, other in zip(masks, others):
        if other is None:
            continue
        for id in objects:
            a, b = (mask == id) & (other != 255), other == id
            union = (a | b).sum()
            values.append((a & b).sum() / union if union else 1.0)
    return float(np.mean(values)) if values else None


def sqnr(reference, steps):
    """The signal of the reference's logits over the noise of the steps', in dB."""
    signal = sum(float((a.logits.astype(np.float64) ** 2).sum()) for a in reference)
    noise = sum(
        float(((a.logits.astype(np.float64) - b.logits) ** 2).sum())
        for a, b in zip(reference, steps))
    return 10 * np.log10(signal / noise)
