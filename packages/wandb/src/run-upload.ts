import type { RunUpload } from './log-run-parts.ts';
import { messageOf } from './message-of.ts';
import type { RunPlaces } from './run-places.ts';
import type { RunSettings } from './settings.ts';
import { uploader, type UploaderOptions } from './uploader.ts';

/** Starts to upload a run in the background; undefined where that can't be, which is said. */
export function startUpload(
  settings: RunSettings,
  { records, acked, local, storage }: RunPlaces,
  say: (text: string) => void,
  options: Pick<UploaderOptions, 'fetch' | 'timing' | 'onStopped' | 'earlierIsLost'>,
): RunUpload | undefined {
  const { baseUrl, apiKey, resume } = settings;
  const where = storage.folder ?? 'memory';
  let isStuck = false;
  try {
    const started = uploader({
      reader: records(),
      acked,
      local,
      baseUrl,
      apiKey: () => apiKey() ?? '',
      ...options,
      ...(resume === 'never' && { resume }),
      warn: say,
      onTrouble(trouble) {
        isStuck = trouble !== undefined;
        if (isStuck) say(`${trouble}, tries on; rows are kept in ${where}`);
      },
      onConnected: ({ entity, project, name }) =>
        say(
          `${appUrl(baseUrl)}/${[entity, project].map(encodeURIComponent).join('/')}/runs/${encodeURIComponent(name)}`,
        ),
    });
    started.start();
    return {
      wake: () => started.wake(),
      base: () => started.state.base,
      host: new URL(baseUrl).host,
      isStuck: () => isStuck,
      drain: (signal) => started.drain(signal),
    };
  } catch (error) {
    say(`nothing is uploaded: ${messageOf(error)}`);
    return undefined;
  }
}

function appUrl(baseUrl: string): string {
  return baseUrl === 'https://api.wandb.ai' ? 'https://wandb.ai' : baseUrl;
}
