// Writes the weights of the small network for tools/oracles/torch_reads_weights.py.
import { writeFile } from 'node:fs/promises';
import { toHost } from '../src/checkpoints/host-tensor.ts';
import { encodeSafetensors } from '../src/checkpoints/safetensors.ts';
import { toModel } from '../src/model.ts';
import { smallNetwork } from './small-network.ts';

const [path = 'weights.safetensors'] = process.argv.slice(2);
await writeFile(path, encodeSafetensors(await toHost(toModel(smallNetwork()).variables)));
