"""Golden digests of artifacts by the official client.

Run with `python tools/oracles/wandb_artifact.py`; needs wandb, makes no request. Writes wandb_artifact.json next to
this file.
"""

import base64
import json
import os
import pathlib
import tempfile

import wandb

CASES = {
    "empty": {},
    "one file": {"a.txt": b"hello"},
    "a checkpoint": {
        "weights.safetensors": bytes(range(256)),
        "state.json": b'{"epoch": 3}',
        "sub/optimizer.safetensors": b"",
    },
    # Case, digits, separators and characters of several lengths, one beyond the basic plane.
    "order": {
        name: name.encode()
        for name in ["b", "B", "a/b", "a-b", "a.b", "10", "9", "\u00e9", "\uff5e", "\U0001f600", "z"]
    },
}


def digest(files):
    artifact = wandb.Artifact("x", "model")
    with tempfile.TemporaryDirectory() as folder:
        for index, (name, content) in enumerate(files.items()):
            path = os.path.join(folder, str(index))
            with open(path, "wb") as file:
                file.write(content)
            artifact.add_file(path, name=name)
        entries = {name: entry.digest for name, entry in artifact.manifest.entries.items()}
        return artifact.digest, entries


cases = []
for case, files in CASES.items():
    whole, entries = digest(files)
    cases.append(
        {
            "case": case,
            "digest": whole,
            "files": [
                {"path": name, "base64": base64.b64encode(content).decode(), "digest": entries[name]}
                for name, content in files.items()
            ],
        }
    )
golden = {"made by": f"wandb {wandb.__version__}", "cases": cases}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden) + "\n")
