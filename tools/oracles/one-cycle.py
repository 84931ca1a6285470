"""Golden values of torch.optim.lr_scheduler.OneCycleLR: every step of runs of 100 steps.

Run with `python tools/oracles/one-cycle.py`; needs torch. Writes one-cycle.json next to this file.
"""

import json
import pathlib

import torch

STEPS = 100
RUNS = [
    {"anneal": "cos", "threePhase": False},
    {"anneal": "linear", "threePhase": False},
    {"anneal": "cos", "threePhase": True},
    {"anneal": "linear", "threePhase": True},
    # Not the defaults, and phases that end between two steps.
    {
        "anneal": "cos",
        "threePhase": True,
        "pctStart": 0.237,
        "div": 10,
        "divFinal": 50,
        "momentums": [0.9, 0.7, 0.9],
    },
]


def run(options):
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=1, momentum=0.5)
    high, low, _ = options.get("momentums", [0.95, 0.85, 0.95])
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=0.4,
        total_steps=STEPS,
        anneal_strategy=options["anneal"],
        three_phase=options["threePhase"],
        pct_start=options.get("pctStart", 0.3),
        div_factor=options.get("div", 25),
        final_div_factor=options.get("divFinal", 1e4),
        max_momentum=high,
        base_momentum=low,
    )
    lr, momentum = [], []
    for step in range(STEPS):
        group = optimizer.param_groups[0]
        lr.append(float(f"{group['lr']:.10g}"))
        momentum.append(float(f"{group['momentum']:.10g}"))
        optimizer.step()
        if step < STEPS - 1:
            scheduler.step()
    return {"options": {"maxLr": 0.4, **options}, "lr": lr, "momentum": momentum}


golden = {"made by": f"torch {torch.__version__}", "steps": STEPS, "runs": [run(r) for r in RUNS]}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden) + "\n")
