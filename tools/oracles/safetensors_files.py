"""Files of Python's safetensors for @tfloop/core. Writes safetensors_files.json beside this file.

pip install safetensors numpy; python safetensors_files.py
"""

import base64
import json
import pathlib
import struct

import numpy as np
import safetensors
from safetensors import numpy as st

DTYPES = {"float32": np.float32, "int32": np.int32, "bool": np.bool_}
SPECIAL = [0.0, -0.0, float("inf"), -float("inf"), float("nan"), 1e-45, 3.4028234663852886e38, 0.1]

# Name -> dtype, shape, values; a file each.
WRITTEN = {
    "nothing": ({}, None),
    "only metadata": ({}, {"format": "pt"}),
    "a scalar": ({"loss": ("float32", [], [2.5])}, None),
    "every dtype, names in no order": (
        {
            "b": ("float32", [2, 2], [1, 2, 3, 4]),
            "mask": ("bool", [3], [1, 0, 1]),
            "a": ("int32", [2], [-(2**31), 2**31 - 1]),
            "step": ("int32", [], [7]),
            "B": ("float32", [1], [0.1]),
            "empty": ("float32", [0, 3], []),
            "flag": ("bool", [], [1]),
        },
        None,
    ),
    "special values": ({"x": ("float32", [8], SPECIAL)}, {"made by": 'a "test" \u00e9'}),
    "names": (
        {
            'quote " and \\ backslash': ("float32", [1], [1]),
            "new\nline\tand\u0001\u0008\u000c": ("float32", [1], [2]),
            "\u00fcml\u00e4ut": ("float32", [1], [3]),
            "\uffee before an emoji in UTF-8, after it in UTF-16": ("float32", [1], [4]),
            "\U0001f600": ("float32", [1], [5]),
            "\u2028\u007f": ("float32", [1], [6]),
            "10": ("float32", [1], [7]),
            "2": ("float32", [1], [8]),
            "__proto__": ("float32", [1], [9]),
            "constructor": ("float32", [1], [10]),
            "": ("float32", [1], [11]),
            "dense_Dense1/kernel": ("float32", [1], [12]),
        },
        None,
    ),
}


def base64_of(data):
    return base64.b64encode(data).decode()


def written(name, tensors, metadata):
    arrays = {
        key: np.array(values, dtype=DTYPES[dtype]).reshape(shape)
        for key, (dtype, shape, values) in tensors.items()
    }
    return {
        "name": name,
        "metadata": metadata or {},
        "tensors": [
            {"name": key, "dtype": dtype, "shape": shape, "bytes": base64_of(arrays[key].tobytes())}
            for key, (dtype, shape, _) in tensors.items()
        ],
        "file": base64_of(st.save(arrays, metadata=metadata)),
    }


def halves():
    values = np.array([1.5, -0.0, 65504, 6e-8, 0.1, np.inf, -np.inf], dtype=np.float16)
    file = st.save({"odd": np.ones(3, np.bool_), "half": values})
    return {"file": base64_of(file), "values": [str(v) for v in values.astype(np.float32)]}


def framed(header, values=b""):
    if isinstance(header, dict):
        header = json.dumps(header)
    if isinstance(header, str):
        header = header.encode()
    return struct.pack("<Q", len(header)) + header + values


def entry(begin, end, shape=(1,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


ZEROS = bytes(8)
DAMAGED = {
    "no bytes": b"",
    "half a length": bytes(7),
    "a header longer than the file": struct.pack("<Q", 100) + b"{}",
    "a header longer than any": struct.pack("<Q", 2**63) + b"{}",
    "a header over the limit": struct.pack("<Q", 100_000_001) + b"{}",
    "no JSON": framed("{"),
    "a list": framed("[]"),
    "not UTF-8": framed(b'{"\xff":1}'),
    "an entry without a shape": framed({"a": {"dtype": "F32", "data_offsets": [0, 4]}}, ZEROS[:4]),
    "an entry that is a number": framed({"a": 1}),
    "a negative size": framed({"a": entry(0, 4, [-1])}, ZEROS[:4]),
    "offsets the wrong way round": framed({"a": entry(4, 0)}, ZEROS[:4]),
    "values beyond the file": framed({"a": entry(0, 4)}, b""),
    "values that nobody has": framed({"a": entry(0, 4)}, ZEROS),
    "a gap": framed({"a": entry(0, 4), "b": entry(8, 12)}, ZEROS + ZEROS[:4]),
    "an overlap": framed({"a": entry(0, 8, [2]), "b": entry(4, 8)}, ZEROS),
    "twice the same values": framed({"a": entry(0, 4), "b": entry(0, 4)}, ZEROS[:4]),
    "a shape of another size": framed({"a": entry(0, 4, [2])}, ZEROS[:4]),
    "a dtype that does not exist": framed({"a": entry(0, 4, [1], "F33")}, ZEROS[:4]),
}
# What Python reads and this project refuses.
STRICTER = {
    "a name twice": framed(
        '{"a":' + json.dumps(entry(0, 0, [0])) + ',"a":' + json.dumps(entry(0, 0, [0])) + "}"
    ),
    "F64": framed({"wide": entry(0, 8, [1], "F64")}, ZEROS),
    "I64": framed({"long": entry(0, 8, [1], "I64")}, ZEROS),
    "U8": framed({"small": entry(0, 1, [1], "U8")}, ZEROS[:1]),
}


def refused(data):
    try:
        st.load(data)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


for name, data in DAMAGED.items():
    assert refused(data), name
for name, data in STRICTER.items():
    assert refused(data) is None, name

pathlib.Path(__file__).with_suffix(".json").write_text(
    json.dumps(
        {
            "safetensors": safetensors.__version__,
            "written": [written(name, *case) for name, case in WRITTEN.items()],
            "halves": halves(),
            "damaged": [
                {"name": name, "file": base64_of(data)}
                for name, data in (DAMAGED | STRICTER).items()
            ],
        },
        indent=1,
    )
    + "\n"
)
