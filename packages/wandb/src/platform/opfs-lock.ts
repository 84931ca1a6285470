const LOCK = 'tfloop wandb ';

/** Lets go of a lock; resolves when another page can have it. */
export type Unlock = () => Promise<void>;

/** Locks a name against other pages and workers of the origin until this page lets go or ends; undefined where one has it. */
export function opfsLock(name: string): Promise<Unlock | undefined> {
  return new Promise((resolve, reject) => {
    let letGo = (): void => undefined;
    const held = new Promise<void>((done) => {
      letGo = done;
    });
    const released = navigator.locks.request(`${LOCK}${name}`, { ifAvailable: true }, (lock) => {
      if (!lock) {
        resolve(undefined);
        return undefined;
      }
      resolve(async () => {
        letGo();
        await released;
      });
      return held;
    });
    released.catch(reject);
  });
}

/** The names that are locked. */
export async function opfsLocked(): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  return new Set(
    held.flatMap(({ name = '' }) => (name.startsWith(LOCK) ? [name.slice(LOCK.length)] : [])),
  );
}
