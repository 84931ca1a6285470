"""PyTorch's answer to the weights of the network in packages/core/test/small-network.ts, read by name.

pip install torch safetensors numpy
node --import ./tools/typescript.js packages/core/test/write-small-network.ts weights.safetensors
python tools/oracles/torch_reads_weights.py weights.safetensors > tools/oracles/torch_reads_weights.json
"""

import base64
import json
import pathlib
import sys

import torch
from safetensors.torch import load_file

path = pathlib.Path(sys.argv[1])
weights = load_file(path)

# A convolution's kernel is [height, width, in, out] in TensorFlow.js and [out, in, height, width] here.
convolution = torch.nn.Conv2d(2, 3, kernel_size=(3, 2), stride=2)
convolution.load_state_dict(
    {"weight": weights["conv/kernel"].permute(3, 2, 0, 1), "bias": weights["conv/bias"]}
)
# A dense kernel is [in, out] there and [out, in] here.
dense = torch.nn.Linear(18, 4)
dense.load_state_dict({"weight": weights["logits/kernel"].T, "bias": weights["logits/bias"]})

# The input is [batch, height, width, channels] there, and so is what is flattened.
pixels = torch.arange(2 * 7 * 5 * 2, dtype=torch.float32).mul(7).remainder(11).sub(5).div(4)
images = pixels.reshape(2, 7, 5, 2).permute(0, 3, 1, 2)
with torch.no_grad():
    features = torch.relu(convolution(images)).permute(0, 2, 3, 1).flatten(1)
    logits = dense(features)

print(
    json.dumps(
        {
            "torch": torch.__version__,
            "names": sorted(weights),
            "file": base64.b64encode(path.read_bytes()).decode(),
            "logits": logits.tolist(),
        },
        indent=1,
    )
)
