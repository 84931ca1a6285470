"""Transaction logs of the official Weights & Biases client for @tfloop/wandb.

    pip install wandb==0.30.0
    python wandb_log.py                 writes wandb_log.json beside this file
    python wandb_log.py --read FILE     prints the records of a .wandb file, each as a line of JSON

Every message is made and read by the official client's own protobuf classes. The whole file is one that its program
`wandb-core` wrote.
"""

import base64
import gzip
import importlib.util
import itertools
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import types
import zlib

BLOCK = 32768
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4

# The protocol's classes alone: the whole client needs packages that a test environment may lack.
spec = importlib.util.find_spec("wandb")
package = types.ModuleType("wandb")
package.__path__ = list(spec.submodule_search_locations)
sys.modules["wandb"] = package

from google.protobuf import json_format  # noqa: E402
from wandb.proto import wandb_internal_pb2 as pb  # noqa: E402

DAY = 1764000000


def payloads(data, on_padding=lambda size: None):
    """The bytes of each record of a log."""
    if data[:7] != b":W&B\xe1\xbe\x00":
        raise ValueError("not a .wandb file of version 0")
    at, parts = 7, []
    while at < len(data):
        left = BLOCK - at % BLOCK
        if left < 7:
            if any(data[at : at + left]):
                raise ValueError(f"the block's rest at {at} is not zero")
            on_padding(left)
            at += left
            continue
        crc, length, kind = struct.unpack_from("<IHB", data, at)
        body = data[at + 7 : at + 7 + length]
        if length + 7 > left or len(body) < length or zlib.crc32(bytes([kind]) + body) != crc:
            raise ValueError(f"the chunk at {at} is damaged")
        if (kind in (FULL, FIRST)) != (not parts):
            raise ValueError(f"the chunk at {at} is out of order")
        parts.append(body)
        at += 7 + length
        if kind in (FULL, LAST):
            yield b"".join(parts)
            parts = []
    if parts:
        raise ValueError("the last record is not whole")


def read(path):
    for payload in payloads(pathlib.Path(path).read_bytes()):
        record = pb.Record()
        record.ParseFromString(payload)
        if record.WhichOneof("record_type") is None:
            raise ValueError("a record is of no kind")
        print(json.dumps(json_format.MessageToDict(record, preserving_proto_field_name=True)))


def items(message, field, values):
    for key, value_json in values:
        item = getattr(message, field).add()
        if isinstance(key, str):
            item.key = key
        else:
            item.nested_key.extend(key)
        item.value_json = value_json


def seen(values):
    return [{"key": key, "valueJson": value} for key, value in values]


ITEMS = [
    ("loss", "0.25"),
    (["batch", "acc", "top 1"], "NaN"),
    ("_step", "7"),
    ("gr\u00fc\u00dfe \U0001f680", '{"_type":"histogram","values":[1,2],"bins":[-Infinity,0,Infinity]}'),
    ("", "null"),
]


def cases():
    """Each kind of record: its name, the message, and how tfloop puts it."""

    def case(name, ours, num=1):
        record = pb.Record(num=num)
        made.append((name, record, ours))
        return record

    made = []

    header = case("header", {"header": {"producer": "tfloop"}}).header
    header.version_info.producer = "tfloop"
    header.version_info.min_consumer = "0.70.0"

    run = case("run, the least", {"run": {"runId": "r1", "project": "p"}}, 2).run
    run.run_id, run.project = "r1", "p"

    run = case(
        "run, everything",
        {
            "run": {
                "runId": "r\u00e9",
                "project": "p q",
                "entity": "e",
                "displayName": "a name",
                "group": "g",
                "jobType": "train",
                "notes": "two\nlines",
                "tags": ["b", "a", ""],
                "config": seen(ITEMS),
                "host": "h",
                "startTime": DAY * 1000 + 0.25,
                "startingStep": 2**40 + 1,
                "resumed": True,
                "runtime": 86400,
                "git": {"remoteUrl": "https://example.org/a.git", "commit": "c0ffee"},
            }
        },
        2**33,
    ).run
    run.run_id, run.project, run.entity, run.display_name = "r\u00e9", "p q", "e", "a name"
    run.run_group, run.job_type, run.notes, run.host = "g", "train", "two\nlines", "h"
    run.tags.extend(["b", "a", ""])
    items(run.config, "update", ITEMS)
    run.start_time.seconds, run.start_time.nanos = DAY, 250_000
    run.starting_step, run.resumed, run.runtime = 2**40 + 1, True, 86400
    run.git.remote_url, run.git.commit = "https://example.org/a.git", "c0ffee"

    for name in ("config", "summary"):
        ours = {name: {"update": seen(ITEMS), "remove": ["old", ["deep", "old"]]}}
        message = getattr(case(name, ours, 300), name)
        items(message, "update", ITEMS)
        message.remove.add().key = "old"
        message.remove.add().nested_key.extend(["deep", "old"])

    metric = case("metric, the least", {"metric": {"name": "epoch"}}).metric
    metric.name, metric.options.defined = "epoch", True

    sums = ["min", "max", "mean", "best", "last", "none", "copy", "first"]
    metric = case(
        "metric, everything",
        {
            "metric": {
                "name": "valid/loss",
                "stepMetric": "epoch",
                "stepSync": True,
                "hidden": True,
                "summary": sums,
                "goal": "minimize",
            }
        },
    ).metric
    metric.name, metric.step_metric = "valid/loss", "epoch"
    metric.options.step_sync = metric.options.hidden = metric.options.defined = True
    for each in sums:
        setattr(metric.summary, each, True)
    metric.goal = pb.MetricRecord.GOAL_MINIMIZE

    metric = case("metric, one sum", {"metric": {"name": "acc", "summary": ["best"], "goal": "maximize"}}).metric
    metric.name, metric.options.defined, metric.summary.best = "acc", True, True
    metric.goal = pb.MetricRecord.GOAL_MAXIMIZE

    history = case("history", {"history": {"step": 7, "items": seen(ITEMS)}}, 128).history
    items(history, "item", ITEMS)
    history.step.num = 7

    history = case("history, nothing at step 0", {"history": {"step": 0, "items": []}}).history
    history.step.SetInParent()

    stats = case(
        "stats", {"stats": {"timestamp": DAY * 1000 + 999, "items": seen([("cpu", "12.5")])}}
    ).stats
    stats.stats_type = pb.StatsRecord.SYSTEM
    stats.timestamp.seconds, stats.timestamp.nanos = DAY, 999_000_000
    added = stats.item.add()
    added.key, added.value_json = "cpu", "12.5"

    for stream, number in (("stderr", 0), ("stdout", 1)):
        output = case(
            f"output, {stream}",
            {"output": {"stream": stream, "timestamp": DAY * 1000, "text": "\x1b[1mbold\r\n"}},
        ).output_raw
        output.output_type, output.line = number, "\x1b[1mbold\r\n"
        output.timestamp.seconds = DAY

    ours, policies, kinds = [], ["now", "end", "live"], ["other", "wandb", "media", "artifact"]
    record = case("files", {"files": ours}).files
    for index, kind in enumerate(kinds):
        ours.append({"path": f"media/{kind}.png", "policy": policies[index % 3], "type": kind})
        file = record.files.add()
        file.path, file.policy, file.type = f"media/{kind}.png", index % 3, index

    telemetry = case("telemetry", {"telemetry": {"cliVersion": "0.1.0", "platform": "linux-x64"}}).telemetry
    telemetry.cli_version, telemetry.platform = "0.1.0", "linux-x64"

    alert = case(
        "alert", {"alert": {"title": "NaN", "text": "at step 3", "level": "ERROR", "waitDuration": 1.5}}
    ).alert
    # The client turns seconds into milliseconds before it makes the record.
    alert.title, alert.text, alert.level, alert.wait_duration = "NaN", "at step 3", "ERROR", 1500

    artifact = case(
        "artifact",
        {
            "artifact": {
                "runId": "r1",
                "project": "p",
                "entity": "e",
                "type": "model",
                "name": "run_r1_model",
                "digest": "0" * 32,
                "description": "the best",
                "metadataJson": '{"epoch":3}',
                "aliases": ["latest", "epoch_3"],
                "entries": [
                    {"path": "a/weights.bin", "digest": "1B2M2Y8AsgTpgAmY7PhCfg==", "size": 2**33, "localPath": "/m/w"},
                    {"path": "empty", "digest": "1B2M2Y8AsgTpgAmY7PhCfg==", "size": 0, "localPath": "/m/e"},
                ],
                "clientId": "c" * 128,
                "sequenceClientId": "s" * 128,
            }
        },
    ).artifact
    artifact.run_id, artifact.project, artifact.entity = "r1", "p", "e"
    artifact.type, artifact.name, artifact.digest = "model", "run_r1_model", "0" * 32
    artifact.description, artifact.metadata = "the best", '{"epoch":3}'
    artifact.aliases.extend(["latest", "epoch_3"])
    artifact.manifest.version = 1
    artifact.manifest.storage_policy = "wandb-storage-policy-v1"
    setting = artifact.manifest.storage_policy_config.add()
    setting.key, setting.value_json = "storageLayout", '"V2"'
    for path, size, local in (("a/weights.bin", 2**33, "/m/w"), ("empty", 0, "/m/e")):
        entry = artifact.manifest.contents.add()
        entry.path, entry.digest, entry.local_path = path, "1B2M2Y8AsgTpgAmY7PhCfg==", local
        if size:
            entry.size = size
    artifact.client_id, artifact.sequence_client_id = "c" * 128, "s" * 128
    artifact.finalize, artifact.digest_algorithm = True, "MANIFEST_MD5"

    exit_record = case("exit, well", {"exit": {"exitCode": 0, "runtime": 3}}).exit
    exit_record.runtime = 3
    exit_record = case("exit, by a signal", {"exit": {"exitCode": -9, "runtime": 0}}).exit
    exit_record.exit_code = -9

    return made


def unknown():
    """Records that tfloop has no kind for, and fields that it doesn't know."""
    footer = pb.Record(num=5)
    footer.footer.SetInParent()
    environment = pb.Record(num=6)
    environment.environment.os = "Linux"
    exit_record = pb.Record(num=7, uuid="u")
    exit_record.exit.exit_code = 1
    exit_record.exit.not_complete = True
    exit_record.exit._info.stream_id = "r1"
    exit_record.control.always_send = True
    return [
        {"num": 5, "bytes": encoded(footer)},
        {"num": 6, "bytes": encoded(environment)},
        {"num": 7, "record": {"exit": {"exitCode": 1, "runtime": 0}}, "bytes": encoded(exit_record)},
    ]


def encoded(record):
    return base64.b64encode(record.SerializeToString(deterministic=True)).decode()


# Rows of many sizes, and one that goes over several blocks.
RUN = """
import sys, types

def stub(name):
    module = types.ModuleType(name)
    module.__path__ = []
    module.__getattr__ = lambda attribute: type(attribute, (), {
        "__init__": lambda self, *a, **k: None, "__getattr__": lambda self, n: lambda *a, **k: self})
    return module

class Finder:
    def find_spec(self, name, path=None, target=None):
        import importlib.machinery
        if name.split(".")[0] == "opentelemetry":
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
    def create_module(self, spec):
        return stub(spec.name)
    def exec_module(self, module):
        pass

sys.meta_path.append(Finder())
import wandb

settings = wandb.Settings(mode="offline", console="off", x_disable_stats=True, x_disable_meta=True,
    x_save_requirements=False, disable_git=True, disable_code=True, host="host", x_disable_machine_info=True)
with wandb.init(project="p", id="r1", dir=".", settings=settings) as run:
    for step in range(40):
        run.log({"loss": 1 / (step + 1), "text": "x" * (step * 331 % 5000 + int(sys.argv[1]))})
    run.log({"large": "y" * 100_000})
    for step in range(40):
        run.log({"last": step})
"""


def whole_file(more):
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "HOME": folder, "WANDB_SILENT": "true"}
        subprocess.run([sys.executable, "-c", RUN, str(more)], cwd=folder, env=env, check=True)
        [file] = pathlib.Path(folder).glob("wandb/offline-run-*/*.wandb")
        return file.read_bytes()


def padded_file():
    """A file in which a block ends with zeros because no chunk fits: which sizes make one depends on the times."""
    for more in itertools.count():
        data, paddings = whole_file(more), []
        list(payloads(data, paddings.append))
        if paddings:
            return data


def write():
    data = padded_file()
    kinds = []
    for payload in payloads(data):
        record = pb.Record()
        record.ParseFromString(payload)
        kinds.append(record.WhichOneof("record_type"))
    golden = {
        "records": [
            {"name": name, "num": record.num, "record": ours, "bytes": encoded(record)}
            for name, record, ours in cases()
        ],
        "unknown": unknown(),
        "file": {
            "kinds": kinds,
            "gzip": base64.b64encode(gzip.compress(data, mtime=0)).decode(),
        },
    }
    out = pathlib.Path(__file__).with_suffix(".json")
    out.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--read":
        read(sys.argv[2])
    elif len(sys.argv) == 1:
        write()
    else:
        sys.exit(__doc__)
