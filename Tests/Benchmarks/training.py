"""Trains a model for ten steps by stm-train and by PyTorch, on the same clips from the same weights.

usage: training.py TOOLS MODEL FOLDER --network STM.py --cutouts DIR --backgrounds DIR
                   [--size 144x144] [--batch 4] [--threads N] [--rounds 5]
                   [--max-ratio 0.7] [--max-difference 0.005] [--max-error 0.001]
STM.py defines the network in PyTorch: a class STM(width, key, value, mdim) with memorize(frames, masks,
others) and segment(frames, keys, values), and soft_aggregate, as the fixtures of the tests of training
need it. Prints, for five batches, how far gradients are from PyTorch's in binary64, the worst tensor's
largest error over its largest gradient: of stm-train in binary64 and binary32, and of PyTorch in
binary32. A ReLU whose input is within rounding of 0 has either slope, which a single pixel may show in
a tensor of small gradients; so of binary32 the median over the batches counts, of binary64 every
batch. Then the losses of ten steps of both, and the seconds of a step, in turns: of stm-train all that
it does in a step, clips included; of PyTorch, whose clips are there before it starts, forward and
backward pass and optimizer, in one batch, and clip by clip. Exits with 1 where an error is above
--max-error, where losses differ by more than --max-difference of PyTorch's, or where the ratio to the
faster of both is above --max-ratio.
needs: torch safetensors numpy
"""
import argparse
import importlib.util
import json
import pathlib
import shutil
import statistics
import sys
import time

import suite
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "TrainingTests/Fixtures"
STEPS = 10
BATCHES = 5
NOTHING = 1e-7
RATE = 1e-5


def load(path):
    spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def network(reference, path):
    weights = load_file(path)
    model = reference.STM(
        width=weights["Encoder_Q.conv1.weight"].shape[0],
        key=weights["KV_Q_r4.Key.bias"].shape[0], value=weights["KV_Q_r4.Value.bias"].shape[0],
        mdim=weights["Decoder.convFM.bias"].shape[0])
    model.load_state_dict(weights, strict=False)
    return model.eval()


def batched(reference, model, clips):
    """The loss of clips of one object each, which go through the network as one batch."""
    frames = torch.stack([frames for frames, _ in clips], 1)
    truth = torch.stack([masks for _, masks in clips], 1).long()
    soft, keys, values, losses = (truth[0] == 1)[:, None].float(), [], [], []
    for index in (1, 2):
        key, value = model.memorize(frames[index - 1], soft, torch.zeros_like(soft))
        keys, values = keys + [key], values + [value]
        logits = model.segment(frames[index], torch.stack(keys, 2), torch.stack(values, 2))
        probabilities = torch.softmax(logits, 1)[:, 1]
        aggregated = torch.stack(
            [reference.soft_aggregate(one[None]) for one in probabilities])
        losses.append(F.cross_entropy(aggregated, truth[index]))
        soft = torch.softmax(aggregated, 1)[:, 1:]
    return sum(losses) / 2


def gradients(model, loss, clips, kind):
    """The gradients by all parameters, computed in numbers of `kind`."""
    model.to(kind)
    loss(model, [(frames.to(kind), masks) for frames, masks in clips]).backward()
    return {name: parameter.grad.double() for name, parameter in model.named_parameters()}


def worst(found, expected):
    """The largest error over the tensor's largest, of all tensors that are off by more than NOTHING."""
    errors = [(0, "none")]
    for name, gradient in expected.items():
        error = (found[name] - gradient).abs().max().item()
        if error > NOTHING:
            errors.append((error / max(gradient.abs().max().item(), NOTHING), name))
    return max(errors)


def train(model, loss, batches):
    """The losses before each step, and the seconds of the steps."""
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    losses, seconds = [], []
    for clips in batches:
        start = time.perf_counter()
        optimizer.zero_grad()
        value = loss(model, clips)
        value.backward()
        optimizer.step()
        seconds.append(time.perf_counter() - start)
        losses.append(value.item())
    return losses, seconds


class Ours:
    """stm-train on clips of one object."""

    def __init__(self, options, seed=1):
        self.options = options
        self.run = options.folder / "run"
        self.clips = [
            "--cutouts", options.cutouts, "--backgrounds", options.backgrounds, "--size", options.size,
            "--batch", options.batch, "--max-objects", 1, "--seed", seed]

    def draw(self, steps):
        folder = self.options.folder / "drawn"
        suite.run(
            self.options.tools / "stm-train", "draw", *self.clips, "--count",
            steps * self.options.batch, "--steps", steps, "-o", folder, "--quiet")
        drawn = load_file(folder / "clips.safetensors")
        names = sorted(name[: -len(".frames")] for name in drawn if name.endswith(".frames"))
        clips = [(drawn[f"{name}.frames"], drawn[f"{name}.masks"]) for name in names]
        return [clips[i : i + self.options.batch] for i in range(0, len(clips), self.options.batch)]

    def gradients(self, precision):
        """Those of the first step: Adam's first moments after it, which are (1 - 0.9) times them."""
        self.train(1, "--precision", precision)
        checkpoint = load_file(self.run / "checkpoints/step-00000001.safetensors")
        prefix = "optimizer.first."
        return {
            name.removeprefix(prefix): tensor.double() / torch.tensor(1 - 0.9).float().double()
            for name, tensor in checkpoint.items() if name.startswith(prefix)}

    def train(self, steps, *more):
        """The losses of a training of `steps` steps, and its seconds from start to end."""
        folder = self.run
        shutil.rmtree(folder, ignore_errors=True)
        start = time.perf_counter()
        suite.run(
            self.options.tools / "stm-train", "images", self.options.model, *self.clips, "--steps",
            steps, "--learning-rate", RATE, "--threads", self.options.threads, "--run", folder,
            "-o", self.options.folder / "trained.safetensors", "--quiet", *more)
        seconds = time.perf_counter() - start
        lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        return [line["loss"] for line in lines if "loss" in line], seconds


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("tools", "model", "folder"):
        parser.add_argument(name, type=pathlib.Path)
    for name in ("network", "cutouts", "backgrounds"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--size", default="144x144")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--max-ratio", type=float, default=0.7)
    parser.add_argument("--max-difference", type=float, default=0.005)
    parser.add_argument("--max-error", type=float, default=0.001)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    reference = load(options.network)
    fixtures = load(FIXTURES / "make_three_frames.py")
    ours = Ours(options)
    batches = ours.draw(STEPS)

    def by_clip(model, clips):
        return fixtures.total(reference, model, clips)

    def at_once(model, clips):
        return batched(reference, model, clips)

    print(suite.machine(["torch"]))
    errors, rows = [], []
    for seed in range(1, BATCHES + 1):
        drawn = Ours(options, seed)
        (clips,) = drawn.draw(1)
        exact, rounded = (
            gradients(network(reference, options.model), by_clip, clips, kind)
            for kind in (torch.float64, torch.float32))
        found = [worst(drawn.gradients(precision), exact) for precision in ("fp64", "fp32")]
        errors.append([error for error, _ in found])
        rows.append([
            seed, *(f"{error:.1e}" for error in errors[-1]), found[-1][1],
            f"{worst(rounded, exact)[0]:.1e}"])
    print(suite.table(["batch", "stm-train, fp64", "fp32", "in", "PyTorch, fp32"], rows))

    theirs, _ = train(network(reference, options.model), by_clip, batches)
    losses, _ = ours.train(STEPS)
    differences = [abs(a - b) / b for a, b in zip(losses, theirs, strict=True)]
    rows = [
        [step, f"{a:.6f}", f"{b:.6f}", f"{difference:.1e}"]
        for step, (a, b, difference) in enumerate(zip(losses, theirs, differences), 1)]
    print(suite.table(["step", "stm-train", "PyTorch", "difference"], rows))

    extra = 3 * STEPS
    rounds = {"stm-train": [], "PyTorch, one batch": [], "PyTorch, clip by clip": []}
    for _ in range(options.rounds):
        rounds["stm-train"].append(
            (ours.train(STEPS + extra)[1] - ours.train(STEPS)[1]) / extra)
        for name, loss in (("PyTorch, one batch", at_once), ("PyTorch, clip by clip", by_clip)):
            _, seconds = train(network(reference, options.model), loss, batches)
            rounds[name].append(statistics.median(seconds[1:]))
    medians = {name: statistics.median(seconds) for name, seconds in rounds.items()}
    best = min(seconds for name, seconds in medians.items() if name != "stm-train")
    ratio = medians["stm-train"] / best
    print(suite.table(
        ["a step", "seconds", "over stm-train"],
        [[name, f"{seconds:.3f}", f"{seconds / medians['stm-train']:.2f}"]
         for name, seconds in medians.items()]))
    print(f"stm-train over the faster of both: {ratio:.2f}")
    plain, fast = zip(*errors)
    error = max(*plain, statistics.median(fast))
    if error > options.max_error:
        sys.exit(f"expected gradients within {options.max_error}, found {error:.1e}")
    if max(differences) > options.max_difference:
        sys.exit(f"expected losses within {options.max_difference}, found {max(differences):.1e}")
    if ratio > options.max_ratio:
        sys.exit(f"expected a ratio of at most {options.max_ratio}, found {ratio:.2f}")


if __name__ == "__main__":
    main()
