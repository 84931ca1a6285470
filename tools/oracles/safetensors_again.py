"""Reads every *.safetensors file of a folder and writes it again beside itself as *.again.

pip install safetensors numpy; python safetensors_again.py FOLDER
"""

import pathlib
import sys

from safetensors import numpy as st

for file in sorted(pathlib.Path(sys.argv[1]).glob("*.safetensors")):
    file.with_suffix(".again").write_bytes(st.save(st.load(file.read_bytes())))
