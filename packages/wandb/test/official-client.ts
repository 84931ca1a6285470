import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** A Python that has the official client; undefined where there is none, which is said. */
export function officialClient(): string | undefined {
  const python = process.env['TFLOOP_PYTHON'] ?? 'python3';
  const { status, stderr } = spawnSync(python, ['-c', 'import wandb'], { encoding: 'utf8' });
  if (status === 0) return python;
  const reason = stderr.trim().split('\n').at(-1) ?? `there is no ${python}`;
  console.warn(
    `tests with the official client are skipped: ${python}: ${reason}; name another Python in TFLOOP_PYTHON`,
  );
  return undefined;
}

/** Runs the client and gives what it printed. */
export async function runClient(
  python: string,
  args: readonly string[],
  {
    baseUrl,
    dir,
    cwd = dir,
  }: { readonly baseUrl: string; readonly dir: string; readonly cwd?: string },
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(python, args, {
    cwd,
    env: {
      ...process.env,
      WANDB_BASE_URL: baseUrl,
      WANDB_API_KEY: '0123456789abcdef0123456789abcdef01234567',
      WANDB_DIR: dir,
      WANDB_CONFIG_DIR: dir,
      WANDB_CACHE_DIR: dir,
      WANDB_DATA_DIR: dir,
      WANDB_ERROR_REPORTING: 'false',
      HOME: dir,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}
