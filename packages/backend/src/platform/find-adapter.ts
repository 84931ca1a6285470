/** Asks WebGPU for the GPU that tfjs's back end will ask for, too; null where there is none. */
export async function findAdapter(gpu: GPU): Promise<GPUAdapter | null> {
  return gpu.requestAdapter({ powerPreference: 'high-performance' });
}
