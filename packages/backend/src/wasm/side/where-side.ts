import type { Override } from '../../overrides/override.ts';
import { activeBackend } from '../active-backend.ts';
import { sideKernels } from './side-module.ts';

/** The same override, which is left off where there is no side module. */
export function whereSide(override: Override): Override {
  return {
    ...override,
    install() {
      if (sideKernels(activeBackend())) override.install();
      else override.remove();
    },
  };
}
