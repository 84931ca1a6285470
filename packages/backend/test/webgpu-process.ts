// What webgpu-node.test.ts runs in a Node of its own: is refused WebGPU for want of a Vulkan driver, gets the one in DRIVER, trains
// as on the CPU, and has to end by itself.
import { describeBackend, useBackend } from '@tfloop/backend';
import { trainOn } from './train-on.ts';

const cpu = await trainOn('cpu');
process.env['VK_DRIVER_FILES'] = '/nowhere.json';
const refusal = await useBackend({ backend: 'webgpu' }).then(String, String);
const still = describeBackend().name;
const driver = process.env['DRIVER'];
process.env['VK_DRIVER_FILES'] = driver;
const gpu = driver === undefined ? undefined : await trainOn('webgpu');
console.log(JSON.stringify({ refusal, still, cpu, gpu }));
