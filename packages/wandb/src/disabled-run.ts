import type { RunSettings } from './settings.ts';
import type { RunPosition, WandbRun } from './wandb-run.ts';

/** A run that keeps nothing: no file, no request, no listener. */
export function disabledRun(
  { id, project }: Pick<RunSettings, 'id' | 'project'>,
  from?: RunPosition,
): WandbRun {
  let step = from?.step ?? 0;
  const name = from?.id ?? id ?? 'disabled';
  const nothing = (): void => undefined;
  return {
    id: name,
    project,
    mode: 'disabled',
    folder: undefined,
    get step() {
      return step;
    },
    log() {
      step++;
    },
    config: nothing,
    summary: nothing,
    defineMetric: nothing,
    file: nothing,
    alert: nothing,
    artifact: nothing,
    state: () => ({ id: name, step, offset: 0, folder: '' }),
    sync: nothing,
    finish: () =>
      Promise.resolve({
        rows: 0,
        uploadedRows: 0,
        pendingRows: 0,
        lostRows: 0,
        tooLongRows: 0,
        pendingFiles: 0,
        syncCommand: undefined,
      }),
  };
}
