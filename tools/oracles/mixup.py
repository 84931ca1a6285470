"""Golden quantiles of the Beta distribution, for the test of mixup's sampler.

Run with `python tools/oracles/mixup.py`; needs scipy. Writes mixup.json next to this file.
"""

import json
import pathlib

import scipy
from scipy.stats import beta

SHAPES = [[0.2, 0.2], [0.4, 0.4], [1, 1], [4, 4], [2, 5]]
POINTS = 100

quantiles = {
    # The value below which i / 100 of all draws lie, for i = 1 … 99.
    f"{a}, {b}": [float(f"{beta.ppf(i / POINTS, a, b):.10g}") for i in range(1, POINTS)]
    for a, b in SHAPES
}
golden = {"made by": f"scipy {scipy.__version__}", "points": POINTS, "quantiles": quantiles}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden) + "\n")
