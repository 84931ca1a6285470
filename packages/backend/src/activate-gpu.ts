import { backend, version } from '@tensorflow/tfjs';
import { platform } from '#platform';
import type { Activation } from './activate.ts';
import { startEngine } from './start-engine.ts';
import { UnavailableError } from './unavailable-error.ts';

/** Starts tfjs on a GPU through WebGL, or throws an {@link UnavailableError}. */
export async function activateWebgl(): Promise<Activation> {
  await startEngine(
    'webgl',
    'webgl is not available here',
    'use a browser with WebGL, or another back end',
  );
  return {
    packageName: '@tensorflow/tfjs-backend-webgl',
    version: version['tfjs-backend-webgl'],
    threads: 1,
    ...named(webglRenderer()),
  };
}

/** Starts tfjs on a GPU through WebGPU, the host's or that of the npm package `webgpu`, or throws an {@link UnavailableError}. */
export async function activateWebgpu(): Promise<Activation> {
  const offer = await platform.offerWebgpu();
  if ('problem' in offer) throw new UnavailableError(offer.problem, offer.remedy);
  await startEngine(
    'webgpu',
    'webgpu did not start on the GPU that it found',
    'see the warning of tfjs, or use another back end',
  );
  return {
    packageName: '@tensorflow/tfjs-backend-webgpu',
    version: version['tfjs-core'],
    threads: 1,
    ...named(nameOf(offer.adapter)),
  };
}

function named(adapter: string): Pick<Activation, 'adapter'> {
  return adapter === '' ? {} : { adapter };
}

/** What the driver calls the GPU; browsers may keep that to themselves and tell vendor and family alone. */
function nameOf(adapter: GPUAdapter): string {
  // Browsers of before 2025 have no info.
  const { info } = adapter as { readonly info?: Partial<GPUAdapterInfo> };
  const { vendor, architecture, description, isFallbackAdapter } = info ?? {};
  const name = description || [vendor, architecture].filter(Boolean).join(' ');
  return [name, isFallbackAdapter === true ? 'on the processor' : ''].filter(Boolean).join(', ');
}

/** The name that WebGL's driver gives; Firefox tells it without the extension. */
function webglRenderer(): string {
  const { gpgpu } = backend() as { gpgpu?: { gl?: WebGLRenderingContext } };
  const gl = gpgpu?.gl;
  if (gl === undefined) return '';
  const extension = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(extension?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER) ?? '');
}
