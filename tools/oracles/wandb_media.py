"""Golden log items, summaries, media files and charts of the official Python client, and numpy's histograms.

Run with `python tools/oracles/wandb_media.py`; needs wandb, numpy, pillow, pandas and scikit-learn. The client runs
offline and its log is read back. Writes wandb_media.json next to this file; numbers of long inputs are made by
formulas that the test knows too.
"""

import functools
import glob
import importlib.abc
import importlib.machinery
import json
import operator
import os
import pathlib
import sys
import tempfile
import time
import types
import warnings
from unittest.mock import MagicMock


class Stub(types.ModuleType):
    """Stands for modules that the client imports for its own telemetry and that can't be installed everywhere."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return MagicMock()


class StubFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter")):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return Stub(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.append(StubFinder())  # Last: what is installed goes first.
folder = tempfile.mkdtemp()
for name in ["WANDB_DIR", "WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR"]:
    os.environ[name] = folder
os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_ERROR_REPORTING="false")
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import sklearn  # noqa: E402
import wandb  # noqa: E402
from wandb.proto import wandb_internal_pb2 as protocol  # noqa: E402


def log_of(log):
    """The records of a log: its blocks of 32 KiB hold chunks, and a record is one chunk or several."""
    data = pathlib.Path(log).read_bytes()
    at, parts = 7, b""
    while at < len(data):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        header = data[at : at + 7]
        length = int.from_bytes(header[4:6], "little")
        if at + 7 + length > len(data) or len(header) < 7:
            return  # Not written to its end yet.
        kind = header[6]
        parts += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # Whole, or the last part.
            record = protocol.Record()
            record.ParseFromString(parts)
            yield record
            parts = b""


def in_order(text):
    """Objects with their members in one order: the client's changes with every run."""
    return json.dumps(json.loads(text), sort_keys=True) if text.startswith("{") else text


def items_of(items):
    """Paths and texts, without what every row has."""
    pairs = [(list(item.nested_key) or [item.key], in_order(item.value_json)) for item in items]
    return sorted(pair for pair in pairs if not pair[0][0].startswith("_") or pair[0][0:2] == ["_wandb", "visualize"])


def run_with(actions):
    """The records of a run in which `actions` log, and the folder of its files."""
    settings = wandb.Settings(console="off", x_disable_stats=True, save_code=False)
    run = wandb.init(project="golden", settings=settings)
    actions(run)
    log = glob.glob(run.settings.sync_dir + "/*.wandb")[0]
    run.finish()
    deadline = time.monotonic() + 60
    while True:  # The client's service may still be writing.
        records = list(log_of(log))
        if any(record.WhichOneof("record_type") == "exit" for record in records):
            return records, pathlib.Path(log).parent / "files"
        if time.monotonic() > deadline:
            raise TimeoutError(f"{log} has no exit record")
        time.sleep(0.05)


def rows_of(records):
    return [items_of(record.history.item) for record in records if record.WhichOneof("record_type") == "history"]


ROWS = [
    {"int": 3, "float": 2.5, "nan": float("nan"), "inf": float("inf"), "minus": float("-inf"), "zero": -0.0},
    {"text": 'a "b"\n\u2028\u0001é😀', "true": True, "none": None, "large": 1e21, "small": 1e-7, "safe": 2**53 - 1},
    {"nested": {"a": 1, "b": {"c": [1, 2], "d": float("nan")}}, "empty": {}, "dot.ted": 3, "slash/ed": 4},
    {"list": [1, {"a": 1}, [2]], "set": {1, 2}, "nans": [float("nan")], "none_in": [None]},
    {"scalar": np.float32(0.1), "one": np.array([[5.0]]), "vector": np.arange(3.0), "matrix": np.arange(4.0).reshape(2, 2)},
    {"bool": np.array([True, False]), "int": np.arange(32), "no": np.zeros((0,)), "none": np.zeros((2, 0))},
    {"float32": (np.arange(100) / 7).astype(np.float32), "float64": np.arange(33) / 3, "deep": {"ints": np.arange(50)}},
]

SUMS = {"min": "min", "max": "max", "mean": "mean", "first": "first", "last": "last", "none": "none", "copy": "copy"}
SUMS.update({"all": "min,max,mean,first,last", "some": "min,last", "off": "none,min"})
SEQUENCES = {
    "numbers": [3.0, 1.0, 2.5, -4.0],
    "nan": [3.0, float("nan"), 2.0],
    "infinite": [1.0, float("inf"), float("-inf"), 0.0],
    "text later": [3, "text", True, None, 1],
}


def summary_of(sequence):
    def actions(run):
        for name, summary in SUMS.items():
            run.define_metric(name, summary=summary)
        run.define_metric("in.side", summary="max")
        run.define_metric("dot\\.ted", summary="min")
        for value in sequence:
            row = {name: value for name in [*SUMS, "plain", "dot.ted"]}
            run.log({**row, "in": {"side": value}})

    records, _ = run_with(actions)
    last = {}
    for record in records:
        for path, text in items_of(record.summary.update):
            last[json.dumps(path)] = [path, text]
    return [last[path] for path in sorted(last)]


def numbers(count, factor, modulus, scale, offset):
    return [i * factor % modulus / modulus * scale + offset for i in range(count)]


HISTOGRAMS = [
    {"count": count, "factor": 7919, "modulus": modulus, "scale": scale, "offset": offset, "type": kind, "bins": bins}
    for count, modulus in [(1, 3), (7, 10), (500, 1009), (3000, 100)]
    for scale, offset in [(1, 0), (10, -5), (0.1, 3), (1e-3, 1), (1e6, -3e5)]
    for kind in ["float32", "float64", "int32"]
    for bins in [1, 3, 10, 64, 512]
]


def histogram(case):
    values = numbers(*(case[name] for name in ["count", "factor", "modulus", "scale", "offset"]))
    values = np.array(values).astype(case["type"])
    try:
        counts, edges = np.histogram(values, bins=case["bins"])
    except ValueError:  # More edges than the precision tells apart.
        return {**case, "counts": None}
    # Runs of zeros are long: [bin, count] pairs. A few edges stand for all, with their sum.
    pairs = [[int(i), int(counts[i])] for i in np.flatnonzero(counts)]
    some = [float(edge) for edge in edges[:: max(1, len(edges) // 8)]]
    return {**case, "counts": pairs, "edges": some, "sum": functools.reduce(operator.add, map(float, edges))}


def labels(count, classes, seed):
    return [(i * i + seed) % classes for i in range(count)]


def scores(count, classes, seed, levels):
    return [[(i * 7919 + c * 104729 + seed * 31) % levels / levels for c in range(classes)] for i in range(count)]


CURVES = [
    {"count": count, "classes": classes, "seed": seed, "levels": levels}
    for count, classes, seed, levels in [(5, 2, 0, 97), (60, 2, 1, 1009), (60, 2, 2, 5), (100, 4, 3, 997), (40, 2, 4, 2)]
]


def curves(case):
    count, classes, seed, levels = (case[name] for name in ["count", "classes", "seed", "levels"])
    truth = labels(count, classes, seed)
    # Squares modulo a number miss some of its classes: the client takes the columns in the order of those present.
    present = sorted(set(truth))
    table = [[row[c] for c in present] for row in scores(count, classes, seed, levels)]
    roc, pr = wandb.plot.roc_curve(truth, table), wandb.plot.pr_curve(truth, table)
    plain = lambda rows: [[float(value) for value in row] for row in rows]  # noqa: E731
    return {**case, "roc": plain(roc.table.data), "pr": plain(pr.table.data)}


PIXELS = [i * 7 % 256 for i in range(36)]
IMAGE = np.array(PIXELS, np.uint8).reshape(4, 3, 3)
OTHER = IMAGE[::-1].copy()
TABLE = {"columns": ["number", "text", "truth"], "data": [[1, "é", True], [2.5, None, float("nan")], [3, "", False]]}
MATRIX = {"labels": [0, 1, 2, 2, 1, 0], "predictions": [0, 2, 2, 2, 1, 1], "names": ["x", "y", "z"]}
PROBABILITIES = [[0.9, 0.1], [0.2, 0.8], [0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]
TRUTH = [0, 1, 1, 0, 1]


def media(run):
    run.log({"val/image": wandb.Image(IMAGE, caption="a caption")})
    run.log({"images": [wandb.Image(IMAGE, caption="first"), wandb.Image(OTHER)]})
    run.log({"plain": [wandb.Image(IMAGE)]})
    run.log({"grey": wandb.Image(IMAGE[:, :, 0])})
    run.log({"val/table": wandb.Table(**TABLE)})
    run.log({"histogram": wandb.Histogram([1, 2, 3, 4.5])})
    matrix = wandb.plot.confusion_matrix(
        y_true=MATRIX["labels"], preds=MATRIX["predictions"], class_names=MATRIX["names"]
    )
    run.log({"matrix": matrix})
    run.log({"val/roc": wandb.plot.roc_curve(TRUTH, PROBABILITIES, labels=["no", "yes"])})
    run.log({"pr": wandb.plot.pr_curve(TRUTH, PROBABILITIES, labels=["no", "yes"], title="Mine")})


def media_golden():
    records, files = run_with(media)
    config = [items_of(record.config.update) for record in records if record.WhichOneof("record_type") == "config"]
    tables = {str(path.relative_to(files)): path.read_text() for path in sorted(files.rglob("*.table.json"))}
    # An artifact's name is new each time, and this project makes none.
    rows = [[item for item in row if "artifact_path" not in item[0][-1]] for row in rows_of(records)]
    inputs = {"pixels": PIXELS, "matrix": MATRIX, "probabilities": PROBABILITIES, "truth": TRUTH}
    return {"inputs": inputs, "rows": rows, "config": sum(config, []), "tables": tables}


golden = {
    "made by": f"wandb {wandb.__version__}, numpy {np.__version__}, scikit-learn {sklearn.__version__}",
    "rows": rows_of(run_with(lambda run: [run.log(row) for row in ROWS])[0]),
    "summaries": {name: summary_of(sequence) for name, sequence in SEQUENCES.items()},
    "histograms": [histogram(case) for case in HISTOGRAMS],
    "curves": [curves(case) for case in CURVES],
    "media": media_golden(),
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden) + "\n")
