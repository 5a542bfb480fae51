"""Makes three_frames.safetensors: what PyTorch computes of the three-frame losses of a tiny network.

    python make_three_frames.py STM_REF.py                           (torch, safetensors)
    python make_three_frames.py STM_REF.py --model MODEL.safetensors --clips CLIPS.safetensors -o OUT

STM_REF.py is the network in PyTorch: it defines `STM` and `soft_aggregate`. The first form draws random
weights and a clip of two objects, in binary64 rounded to binary32, and writes, in `frozen/` for batch
norms with frozen statistics and in `batch/` for those of the batch: the losses, the gradients by all
parameters and, for the latter, the running statistics afterwards; and the model and the clip.

The second form takes a model file and a batch of clips as `stm-train draw` writes it (`NAME.frames`
[3, 3, H, W] in 0...1, `NAME.masks` [3, H, W] of ids), and writes the loss and the gradients by all
parameters, computed in binary64, and `losses`: those before each of ten steps of Adam with learning rate
1e-5, in binary32.
"""

import argparse
import importlib.util
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

VOID = 255


def load_network(path):
    spec = importlib.util.spec_from_file_location("stm_ref", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shorten(ref, model, width):
    """One bottleneck a stage."""
    for encoder in (model.Encoder_M, model.Encoder_Q):
        encoder.res2 = ref.stage(width, width, 1, 1)
        encoder.res3 = ref.stage(width * 4, width * 2, 1, 2)
        encoder.res4 = ref.stage(width * 8, width * 4, 1, 2)


def one_hot(mask, count, kind):
    return torch.stack([(mask == i) for i in range(1, count + 1)])[:, None].to(kind)


def others(masks):
    count = len(masks)
    return torch.stack(
        [sum((masks[j] for j in range(count) if j != i), torch.zeros_like(masks[i]))
         for i in range(count)]).clamp(0, 1)


def run(ref, model, frames, masks):
    """The aggregated logits [N + 1, H, W] of frames 2 and 3."""
    count = int(masks[0][masks[0] != VOID].max())
    soft, keys, values, result = one_hot(masks[0], count, frames.dtype), [], [], []
    for index in (1, 2):
        key, value = model.memorize(frames[index - 1 : index], soft, others(soft))
        keys, values = keys + [key], values + [value]
        logits = model.segment(
            frames[index : index + 1], torch.stack(keys, 2), torch.stack(values, 2))
        aggregated = ref.soft_aggregate(torch.softmax(logits, 1)[:, 1])
        result.append(aggregated)
        soft = torch.softmax(aggregated, 0)[1:, None]
    return result


def pixel_losses(aggregated, masks):
    return torch.cat([
        F.cross_entropy(logits[None], mask[None].long(), ignore_index=VOID, reduction="none")[0][
            mask != VOID]
        for logits, mask in zip(aggregated, masks[1:])])


def dice(aggregated, masks):
    losses = []
    for logits, mask in zip(aggregated, masks[1:]):
        known = mask != VOID
        for object, share in enumerate(torch.softmax(logits, 0)[1:], 1):
            truth = (mask == object)[known].to(share.dtype)
            common, both = (share[known] * truth).sum(), share[known].sum() + truth.sum()
            losses.append(1 - (2 * common + 1) / (both + 1))
    return torch.stack(losses)


def total(ref, model, clips):
    """The cross-entropy of all clips over their number of pixels."""
    losses = [pixel_losses(run(ref, model, frames, masks), masks) for frames, masks in clips]
    return torch.cat(losses).sum() / sum(len(loss) for loss in losses)


def gradients(model, prefix):
    return {f"{prefix}{name}": parameter.grad.float() for name, parameter in
            model.named_parameters()}


def tiny(ref):
    torch.manual_seed(3)
    torch.set_default_dtype(torch.float64)
    model = ref.STM(width=2, key=4, value=6, mdim=4)
    shorten(ref, model, 2)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("running_var") or (tensor.ndim == 1 and name.endswith("weight")):
                tensor.uniform_(0.5, 1.5)
            elif name.endswith("running_mean") or (tensor.ndim == 1 and name.endswith("bias")):
                tensor.uniform_(-0.3, 0.3)
            elif tensor.ndim == 4 and name.endswith("weight"):
                tensor.mul_(1.5)
            if tensor.is_floating_point():
                tensor.copy_(tensor.float())
    frames = torch.rand(3, 3, 32, 32).float().double()
    masks = torch.zeros(3, 32, 32, dtype=torch.uint8)
    for index in range(3):
        masks[index, 4 + 3 * index : 20 + 3 * index, 2 + 2 * index : 16 + 2 * index] = 1
        masks[index, 14:30, 18 - 2 * index : 31 - 2 * index] = 2
        masks[index, :3, 20 + index : 30] = VOID
    out = {f"model/{k}": v.float() if v.is_floating_point() else v
           for k, v in model.state_dict().items()}
    out |= {"frames": frames.float(), "masks": masks}
    state = {k: v.clone() for k, v in model.state_dict().items()}
    for prefix, training in (("frozen/", False), ("batch/", True)):
        model.load_state_dict(state)
        model.train(training)
        model.zero_grad()
        aggregated = run(ref, model, frames, masks)
        losses = pixel_losses(aggregated, masks)
        losses.mean().backward()
        out |= gradients(model, prefix + "gradients/")
        out[prefix + "loss"] = losses.mean().detach().float()
        if training:
            out |= {prefix + "statistics/" + k: v.float() for k, v in model.state_dict().items()
                    if "running" in k}
    model.load_state_dict(state)
    model.eval()
    model.zero_grad()
    aggregated = run(ref, model, frames, masks)
    losses = pixel_losses(aggregated, masks)
    counted = -(-len(losses) * 3 // 10)
    hardest = losses.sort(descending=True).values[:counted].mean()
    (hardest + dice(aggregated, masks).mean() / 2).backward()
    # The decoder's last layer tells the gradient by the logits apart from that of the network.
    out |= {f"hard/gradients/Decoder.pred2.{field}": getattr(model.Decoder.pred2, field).grad.float()
            for field in ("weight", "bias")}
    out["hard/loss"] = hardest.detach().float()
    out["hard/dice"] = dice(aggregated, masks).mean().detach().float()
    return out


def compare(ref, model_path, clips_path):
    weights = load_file(model_path)
    width, key = weights["Encoder_Q.conv1.weight"].shape[0], weights["KV_Q_r4.Key.bias"].shape[0]
    value, mdim = weights["KV_Q_r4.Value.bias"].shape[0], weights["Decoder.convFM.bias"].shape[0]
    model = ref.STM(width=width, key=key, value=value, mdim=mdim)
    model.load_state_dict(weights, strict=False)
    model.eval()
    drawn = load_file(clips_path)
    names = sorted(name.removesuffix(".frames") for name in drawn if name.endswith(".frames"))
    clips = [(drawn[f"{name}.frames"], drawn[f"{name}.masks"]) for name in names]
    # PyTorch's gradients in binary32 are up to 1.1e-3 of a tensor's largest away from these.
    model.double()
    loss = total(ref, model, [(frames.double(), masks) for frames, masks in clips])
    loss.backward()
    out = {"loss": loss.detach().float()} | gradients(model, "gradients/")
    model.float()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-5)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = total(ref, model, clips)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return out | {"losses": torch.stack(losses)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("network")
    parser.add_argument("--model")
    parser.add_argument("--clips")
    parser.add_argument(
        "-o", "--output", default=pathlib.Path(__file__).parent / "three_frames.safetensors")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    ref = load_network(arguments.network)
    if arguments.model:
        out = compare(ref, arguments.model, arguments.clips)
    else:
        out = tiny(ref)
    save_file({name: tensor.contiguous() for name, tensor in out.items()}, arguments.output)


if __name__ == "__main__":
    main()
