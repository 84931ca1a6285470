"""Golden activations and slopes of torch, in float64 of float32 numbers, for @tfloop/backend. Writes activations.json beside this file.

pip install torch; python activations.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

POSITIVE = [0.0, 1e-45, 1e-38, 1e-20, 1e-6, 1e-3, 0.1, 0.3466, 0.35, 0.5, 0.875, 1.0, 1.5, 2.0, 2.9, 3.5, 3.9]
POSITIVE += [4.0, 4.1, 5.5, 6.0, 6.5, 8.0, 9.0, 9.3, 12.0, 16.5, 19.0, 40.0, 87.0, 87.3, 88.5, 1e4, 1e30, 3e38]

FUNCTIONS = {
    "elu": F.elu,
    "erf": torch.erf,
    "exp": torch.exp,
    "gelu": F.gelu,
    "mish": F.mish,
    "selu": F.selu,
    "sigmoid": torch.sigmoid,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "swish": F.silu,
    "tanh": torch.tanh,
}


def numbers(tensor):
    """What JSON has no word for is left out."""
    return [value if abs(value) < 3.4e38 else None for value in tensor.tolist()]


def case(name, function):
    inputs = x.clone().requires_grad_(True)
    values = function(inputs)
    values.sum().backward()
    return {"name": name, "values": numbers(values.detach()), "slopes": numbers(inputs.grad)}


x = torch.tensor(sorted({sign * value for value in POSITIVE for sign in (1, -1)}), dtype=torch.float32).double()
rows = [json.dumps(case(name, function), separators=(",", ":")) for name, function in FUNCTIONS.items()]
pathlib.Path(__file__).with_suffix(".json").write_text(
    f'{{\n  "torch": "{torch.__version__}",\n  "x": {json.dumps(x.tolist(), separators=(",", ":"))},\n  "cases": [\n    '
    + ",\n    ".join(rows)
    + "\n  ]\n}\n"
)
