"""Golden trajectories of torch.optim for @tfloop/optimizers. Writes optimizers.json beside this file.

pip install torch; python optimizers.py
"""

import json
import math
import pathlib

import torch

STEPS = 100

# The loss is the sum over elements of curvature/2 (p - target)^2 + quartic/4 p^4.
PROBLEM = {
    "quartic": 0.1,
    "parameters": {
        "kernel": {
            "shape": [3, 2],
            "start": [1.5, -0.75, 0.25, 2.0, -1.25, 0.5],
            "target": [0.5, 0.25, -1.0, 1.0, 0.75, -0.5],
            "curvature": [1.0, 0.5, 2.0, 0.25, 0.125, 4.0],
        },
        "bias": {
            "shape": [3],
            "start": [-2.0, 0.125, 1.0],
            "target": [1.0, -0.5, 0.25],
            "curvature": [0.5, 3.0, 0.0625],
        },
    },
}

# Schedules change a hyper-parameter before each step: value * (1 + amplitude * cos(pi * step / period)).
LR_SCHEDULE = {"lr": {"amplitude": 0.9, "period": 40}}
CYCLE = {"amplitude": -0.1, "period": 25}

CASES = [
    ("sgd", {"lr": 0.02}),
    ("sgd", {"lr": 0.02, "momentum": 0.9}),
    ("sgd", {"lr": 0.02, "momentum": 0.9, "dampening": 0.5}),
    ("sgd", {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    ("sgd", {"lr": 0.02, "momentum": 0.9, "weightDecay": 0.1}),
    ("adam", {"lr": 0.05}),
    ("adam", {"lr": 0.05, "weightDecay": 0.1}),
    ("adam", {"lr": 0.05, "beta1": 0.8, "beta2": 0.99, "eps": 0.001}),
    ("adamw", {"lr": 0.05}),
    ("adamw", {"lr": 0.05, "weightDecay": 0.3}),
    ("rmsprop", {"lr": 0.02}),
    ("rmsprop", {"lr": 0.02, "centered": True}),
    ("rmsprop", {"lr": 0.02, "momentum": 0.5}),
    ("rmsprop", {"lr": 0.02, "weightDecay": 0.1}),
    # A small eps would let the cancellation in the centered variance magnify rounding: torch's own float32 and
    # float64 would then differ by 6 %.
    ("rmsprop", {"lr": 0.02, "alpha": 0.95, "eps": 0.1, "centered": True, "momentum": 0.5, "weightDecay": 0.1}),
]

CYCLED = {"sgd": "momentum", "rmsprop": "momentum", "adam": "beta1", "adamw": "beta1"}
DEFAULTS = {"beta1": 0.9, "beta2": 0.999}
TORCH = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop}


def torch_options(options):
    renamed = {"weightDecay": "weight_decay"}
    result = {renamed.get(k, k): v for k, v in options.items() if k not in DEFAULTS}
    if DEFAULTS.keys() & options.keys():
        result["betas"] = tuple(options.get(k, v) for k, v in DEFAULTS.items())
    return result


def scheduled(value, schedule, step):
    return value * (1 + schedule["amplitude"] * math.cos(math.pi * step / schedule["period"]))


def tensor(spec, key):
    return torch.tensor(spec[key], dtype=torch.float32).reshape(spec["shape"])


def run(name, options, schedules):
    specs = PROBLEM["parameters"]
    parameters = {k: torch.nn.Parameter(tensor(spec, "start")) for k, spec in specs.items()}
    optimizer = TORCH[name](parameters.values(), foreach=False, **torch_options(options))
    group = optimizer.param_groups[0]
    trajectory = {}
    for step in range(STEPS):
        for hyper, schedule in schedules.items():
            value = scheduled({**DEFAULTS, **options}[hyper], schedule, step)
            if hyper == "beta1":
                group["betas"] = (value, group["betas"][1])
            else:
                group[hyper] = value
        with torch.no_grad():
            for key, p in parameters.items():
                offset = p - tensor(specs[key], "target")
                p.grad = tensor(specs[key], "curvature") * offset + PROBLEM["quartic"] * (p * p * p)
        optimizer.step()
        if step == 0 or (step + 1) % 10 == 0:
            trajectory[step + 1] = {
                k: [float(f"{x:.9g}") for x in p.detach().flatten().tolist()] for k, p in parameters.items()
            }
    return {"optimizer": name, "options": options, "schedules": schedules, "trajectory": trajectory}


def main():
    cases = []
    for name, options in CASES:
        cases.append(run(name, options, {}))
        cases.append(run(name, options, LR_SCHEDULE))
        momentum = CYCLED[name]
        if momentum == "beta1" or momentum in options:
            cases.append(run(name, options, {**LR_SCHEDULE, momentum: CYCLE}))
    document = {"torch": torch.__version__, "steps": STEPS, "problem": PROBLEM}
    lines = ",\n".join("    " + json.dumps(case, separators=(",", ":")) for case in cases)
    head = json.dumps(document, indent=2)[:-2]
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(f'{head},\n  "cases": [\n{lines}\n  ]\n}}\n')


if __name__ == "__main__":
    main()
