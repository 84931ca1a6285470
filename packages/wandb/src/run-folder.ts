/** Where the parts of a run lie. */
export interface RunFolder {
  /** `<dir>/wandb/offline-run-<YYYYMMDD_HHMMSS>-<id>`. */
  readonly path: string;
  /** The transaction log, `run-<id>.wandb`. */
  readonly log: string;
  /** What is uploaded beside the log: media, tables, configuration. */
  readonly files: string;
  /** What a person may want to read when something went wrong. */
  readonly logs: string;
}

const NAME = /^offline-run-(\d{8}_\d{6})-(.+)$/;

/**
 * The folder of a run of an id that begins at a time. It is called an offline run in every mode: `wandb sync` passes
 * over others.
 */
export function runFolder(dir: string, id: string, startedAt: Date): RunFolder {
  return runFolderAt(`${dir}/wandb`, `offline-run-${stamp(startedAt)}-${id}`, id);
}

/**
 * The run folders among the names that a folder `<dir>/wandb` lists, the newest first; those of one id only, if it is
 * given. Names that are no run folder's are passed over.
 */
export function runFolders(
  dir: string,
  names: readonly string[],
  id?: string,
): (RunFolder & { readonly id: string })[] {
  return names
    .flatMap((name) => {
      const [, time, runId] = NAME.exec(name) ?? [];
      return time === undefined || runId === undefined || (id ?? runId) !== runId
        ? []
        : [{ time, folder: { ...runFolderAt(`${dir}/wandb`, name, runId), id: runId } }];
    })
    .sort((a, b) => (a.time < b.time ? 1 : -1))
    .map(({ folder }) => folder);
}

function runFolderAt(parent: string, name: string, id: string): RunFolder {
  const path = `${parent}/${name}`;
  return { path, log: `${path}/run-${id}.wandb`, files: `${path}/files`, logs: `${path}/logs` };
}

/** In local time, as the official client has it. */
function stamp(time: Date): string {
  const parts = [
    time.getFullYear(),
    time.getMonth() + 1,
    time.getDate(),
    time.getHours(),
    time.getMinutes(),
    time.getSeconds(),
  ].map((part, index) => String(part).padStart(index === 0 ? 4 : 2, '0'));
  return `${parts.slice(0, 3).join('')}_${parts.slice(3).join('')}`;
}
