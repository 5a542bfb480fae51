"""Makes what OptimizerTests, ClippingTests, ScheduleTests and WeightAverageTests expect.

    python make_optimizers.py FOLDER

writes optimizers.safetensors and optimizers.json into FOLDER. Needs torch, numpy and safetensors.

- optimizers: values and moments after some of 20 steps of torch.optim.Adam and AdamW, by settings,
  from the same values and gradients and with a learning rate that changes;
- clipping: the gradients of the first step after torch.nn.utils.clip_grad_norm_, and the norm;
- schedules: the rates of torch.optim.lr_scheduler, LinearLR before another of them;
- averages: the means of the values of all steps in binary64, weighted as they are defined.
"""

import json
import sys

import numpy as np
import torch
from safetensors.torch import save_file

STEPS = 20
KEPT = [1, 2, 20]
SHAPES = {"conv.weight": [3, 2, 3, 3], "conv.bias": [3], "norm.weight": [17]}
SETTINGS = {
    "adam": dict(method="adam"),
    "adam-betas": dict(method="adam", firstDecay=0.3, secondDecay=0.9, epsilon=1e-3),
    "adam-decay": dict(method="adam", weightDecay=0.1),
    "adamW": dict(method="adamW", weightDecay=0.05),
    "adamW-betas": dict(
        method="adamW", firstDecay=0.95, secondDecay=0.99, epsilon=1e-6, weightDecay=0.5
    ),
}


def learning_rate(step):
    return 0.01 / (1 + 0.1 * step)


def run(settings, values, gradients, tensors, name):
    parameters = {key: torch.nn.Parameter(value.clone()) for key, value in values.items()}
    kind = {"adam": torch.optim.Adam, "adamW": torch.optim.AdamW}[settings["method"]]
    optimizer = kind(
        parameters.values(),
        betas=(settings.get("firstDecay", 0.9), settings.get("secondDecay", 0.999)),
        eps=settings.get("epsilon", 1e-8),
        weight_decay=settings.get("weightDecay", 0),
    )
    history = []
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = learning_rate(step)
        for key, parameter in parameters.items():
            parameter.grad = gradients[step][key].clone()
        optimizer.step()
        history.append({key: value.detach().clone() for key, value in parameters.items()})
        if step + 1 in KEPT:
            for key, parameter in parameters.items():
                state = optimizer.state[parameter]
                title = f"{name}.{step + 1}"
                tensors[f"{title}.values.{key}"] = parameter.detach().clone()
                tensors[f"{title}.first.{key}"] = state["exp_avg"].clone()
                tensors[f"{title}.second.{key}"] = state["exp_avg_sq"].clone()
    return history


def clip(gradients, maximum, tensors, name):
    parameters = [torch.nn.Parameter(torch.zeros(SHAPES[key])) for key in sorted(SHAPES)]
    for parameter, key in zip(parameters, sorted(SHAPES)):
        parameter.grad = gradients[key].clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, maximum)
    for parameter, key in zip(parameters, sorted(SHAPES)):
        tensors[f"{name}.{key}"] = parameter.grad.clone()
    return float(norm)


def rates(warm_up, count, make):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    if warm_up:
        scheduler = torch.optim.lr_scheduler.SequentialLR(
            optimizer,
            [
                torch.optim.lr_scheduler.LinearLR(
                    optimizer, start_factor=1 / (warm_up + 1), total_iters=warm_up
                ),
                make(optimizer),
            ],
            milestones=[warm_up],
        )
    else:
        scheduler = make(optimizer)
    found = []
    for _ in range(count):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def main(folder):
    torch.manual_seed(10)
    tensors = {}
    values = {key: torch.randn(shape) for key, shape in SHAPES.items()}
    gradients = []
    for step in range(STEPS):
        sizes = {key: 10.0 ** torch.randint(-6, 2, shape) for key, shape in SHAPES.items()}
        gradients.append({key: torch.randn(SHAPES[key]) * size for key, size in sizes.items()})
        gradients[step]["norm.weight"][5] = 0
        for key in SHAPES:
            tensors[f"gradients.{step + 1}.{key}"] = gradients[step][key]
    for key, value in values.items():
        tensors[f"start.{key}"] = value
    histories = {
        name: run(settings, values, gradients, tensors, name)
        for name, settings in SETTINGS.items()
    }
    norms = [
        {"maximum": maximum, "norm": clip(gradients[0], maximum, tensors, f"clipped-{index}")}
        for index, maximum in enumerate([0.5, 1000.0])
    ]
    decays = [0.0, 0.5, 0.999]
    for index, decay in enumerate(decays):
        weights = decay ** np.arange(STEPS - 1, -1, -1, dtype=np.float64)
        for key in SHAPES:
            stacked = np.stack([step[key].numpy() for step in histories["adam"]]).astype(np.float64)
            mean = np.tensordot(weights / weights.sum(), stacked, 1)
            tensors[f"average-{index}.{key}"] = torch.from_numpy(mean.astype(np.float32))
    schedulers = torch.optim.lr_scheduler
    schedules = [
        dict(shape="constant", warmUp=4, end=0, rates=rates(
            4, 12, lambda o: schedulers.ConstantLR(o, factor=1, total_iters=0))),
        dict(shape="polynomial", power=0.9, warmUp=0, end=10, floor=0, rates=rates(
            0, 14, lambda o: schedulers.PolynomialLR(o, total_iters=10, power=0.9))),
        dict(shape="polynomial", power=2.0, warmUp=3, end=11, floor=0, rates=rates(
            3, 14, lambda o: schedulers.PolynomialLR(o, total_iters=8, power=2.0))),
        dict(shape="cosine", warmUp=0, end=10, floor=0.05, rates=rates(
            0, 11, lambda o: schedulers.CosineAnnealingLR(o, T_max=10, eta_min=0.05))),
        dict(shape="cosine", warmUp=1, end=9, floor=0, rates=rates(
            1, 10, lambda o: schedulers.CosineAnnealingLR(o, T_max=8, eta_min=0))),
    ]
    save_file(tensors, f"{folder}/optimizers.safetensors")
    with open(f"{folder}/optimizers.json", "w") as file:
        json.dump(
            {
                "steps": STEPS,
                "kept": KEPT,
                "learningRates": [learning_rate(step) for step in range(STEPS)],
                "optimizers": [dict(name=name, **value) for name, value in SETTINGS.items()],
                "clipping": norms,
                "decays": decays,
                "schedules": schedules,
            },
            file,
            indent=1,
        )
        file.write("\n")


main(sys.argv[1])
