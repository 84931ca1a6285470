"""Golden losses and gradients of torch for @tfloop/core. Writes losses.json beside this file.

pip install torch; python losses.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

LOGITS = [[0.5, -1.25, 2.0], [3.0, 3.0, -3.0], [0.0, 0.0, 0.0], [-40.0, 20.0, 60.0]]
EXTREME = [[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4]]
LABELS = [2, 0, 1, 1]
SOFT = [[0.25, 0.5, 0.25], [1.0, 0.0, 0.0], [0.0, 0.125, 0.875], [0.5, 0.25, 0.25]]
BINARY_LOGITS = [[0.0, 1.5], [-2.0, 40.0], [-40.0, 1e4], [-1e4, 0.25]]
BINARY_TARGETS = [[1.0, 0.0], [0.25, 1.0], [1.0, 0.0], [1.0, 0.75]]
VALUES = [[0.5, -1.25, 2.0], [3.0, 0.0, -3.0]]
TARGETS = [[1.0, -1.0, 0.0], [-2.5, 4.0, 0.125]]


def cross_entropy(logits, target, smoothing=0.0):
    return F.cross_entropy(logits, torch.tensor(target), reduction="none", label_smoothing=smoothing)


def by_example(function):
    return lambda pred, target: function(pred, torch.tensor(target), reduction="none").mean(dim=1)


def case(name, loss, function, pred, target, **options):
    """Losses by example, and the gradient of their mean."""
    inputs = torch.tensor(pred, dtype=torch.float32, requires_grad=True)
    losses = function(inputs, target)
    losses.mean().backward()
    return {
        "name": name,
        "loss": loss,
        "options": options,
        "pred": pred,
        "target": target,
        "values": losses.tolist(),
        "gradient": inputs.grad.tolist(),
    }


def smooth(amount):
    return lambda logits, target: cross_entropy(logits, target, amount)


cases = [
    case("integer labels", "crossEntropy", cross_entropy, LOGITS, LABELS),
    case("soft labels", "crossEntropy", cross_entropy, LOGITS, SOFT),
    case("integer labels, smoothed", "crossEntropy", smooth(0.1), LOGITS, LABELS, labelSmoothing=0.1),
    case("soft labels, smoothed", "crossEntropy", smooth(0.1), LOGITS, SOFT, labelSmoothing=0.1),
    case("extreme logits", "crossEntropy", cross_entropy, EXTREME, LABELS),
    case("extreme logits, soft labels", "crossEntropy", cross_entropy, EXTREME, SOFT),
    case("extreme logits, smoothed", "crossEntropy", smooth(0.1), EXTREME, LABELS, labelSmoothing=0.1),
    case(
        "probabilities as targets",
        "binaryCrossEntropy",
        by_example(F.binary_cross_entropy_with_logits),
        BINARY_LOGITS,
        BINARY_TARGETS,
    ),
    case("several outputs", "meanSquaredError", by_example(F.mse_loss), VALUES, TARGETS),
    case("several outputs", "meanAbsoluteError", by_example(F.l1_loss), VALUES, TARGETS),
]

lines = ",\n".join("    " + json.dumps(case, separators=(",", ":")) for case in cases)
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(f'{{\n  "torch": "{torch.__version__}",\n  "cases": [\n{lines}\n  ]\n}}\n')
