"""Golden values of optax.lookahead: fast and slow weights after every step of runs of 34 steps.

Run with `python tools/oracles/lookahead.py`; needs optax, which brings jax. Writes lookahead.json next to this
file. The problem is a linear regression by full-batch gradients of the mean squared error, in double precision.
"""

import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import optax

jax.config.update("jax_enable_x64", True)

STEPS = 34
RUNS = [
    # 34 steps are 6 cycles of 5 and a rest of 4, and 4 cycles of 8 and a rest of 2.
    {"optimizer": "sgd", "lr": 0.05, "momentum": 0, "k": 5, "alpha": 0.5, "resetState": False},
    {"optimizer": "sgd", "lr": 0.05, "momentum": 0.9, "k": 5, "alpha": 0.5, "resetState": False},
    {"optimizer": "sgd", "lr": 0.05, "momentum": 0.9, "k": 5, "alpha": 0.5, "resetState": True},
    {"optimizer": "sgd", "lr": 0.05, "momentum": 0.9, "k": 8, "alpha": 0.8, "resetState": False},
    {"optimizer": "adam", "lr": 0.1, "k": 5, "alpha": 0.5, "resetState": False},
    # Steps small enough for no gradient to come near zero: just reset, Adam would only take its sign.
    {"optimizer": "adam", "lr": 0.02, "k": 5, "alpha": 0.5, "resetState": True},
    {"optimizer": "adam", "lr": 0.1, "k": 8, "alpha": 0.2, "resetState": False},
]

random = np.random.default_rng(0)
x = random.normal(size=(6, 3)).round(3)
y = random.normal(size=(6, 2)).round(3)
initial = {"kernel": random.normal(size=(3, 2)).round(3), "bias": random.normal(size=2).round(3)}


def loss(weights):
    return jnp.mean((x @ weights["kernel"] + weights["bias"] - y) ** 2)


def inner(options):
    if options["optimizer"] == "sgd":
        return optax.sgd(options["lr"], momentum=options["momentum"] or None)
    return optax.adam(options["lr"])


def numbers(weights):
    return [float(f"{v:.9g}") for name in ("kernel", "bias") for v in np.ravel(weights[name])]


def run(options):
    optimizer = optax.lookahead(
        inner(options), options["k"], options["alpha"], reset_state=options["resetState"]
    )
    weights = optax.LookaheadParams.init_synced(jax.tree.map(jnp.asarray, initial))
    state = optimizer.init(weights)
    fast, slow = [], []
    for _ in range(STEPS):
        updates, state = optimizer.update(jax.grad(loss)(weights.fast), state, weights)
        weights = optax.apply_updates(weights, updates)
        fast.append(numbers(weights.fast))
        slow.append(numbers(weights.slow))
    return {"options": options, "fast": fast, "slow": slow}


golden = {
    "made by": f"optax {optax.__version__}, jax {jax.__version__}",
    "x": x.tolist(),
    "y": y.tolist(),
    "initial": {name: value.tolist() for name, value in initial.items()},
    "runs": [run(options) for options in RUNS],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden) + "\n")
