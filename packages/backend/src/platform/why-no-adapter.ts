import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import type { Refusal } from './platform.ts';

/** Why Dawn finds no GPU on this machine: on Linux that is a matter of Vulkan's drivers. */
export function whyNoAdapter(): Refusal {
  const otherwise = 'or use another back end';
  if (process.platform !== 'linux')
    return {
      problem: 'webgpu finds no GPU here (no adapter)',
      remedy: `see whether the GPU's driver is installed, ${otherwise}`,
    };
  const drivers = vulkanDrivers();
  return {
    problem:
      drivers.length === 0
        ? 'webgpu finds no GPU here (no adapter): Vulkan has no driver'
        : `webgpu finds no GPU here (no adapter): libvulkan.so.1 is missing, or none that Vulkan's drivers (${drivers.join(', ')}) offer is good enough, as the warning above says`,
    remedy: `install libvulkan1 and the GPU's Vulkan driver, or name one in VK_DRIVER_FILES (Chromium's vk_swiftshader_icd.json computes on the processor), ${otherwise}`,
  };
}

/** Names of the drivers' files, where Vulkan's loader looks for them. */
function vulkanDrivers(): string[] {
  const named = process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'];
  if (named !== undefined)
    return named
      .split(delimiter)
      .filter(existsSync)
      .map((path) => basename(path));
  const roots = ['/etc', '/usr/local/share', '/usr/share', join(homedir(), '.local/share')];
  return roots.flatMap((root) => namesIn(join(root, 'vulkan/icd.d')));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}
