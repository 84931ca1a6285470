export { describeBackend } from './describe-backend.ts';
export { UnavailableError } from './unavailable-error.ts';
export { useBackend } from './use-backend.ts';
export type { WasmPaths } from './activate.ts';
export type { BackendName } from './backend-name.ts';
export type { BackendDescription } from './describe-backend.ts';
export type { UseBackendOptions } from './use-backend.ts';
