import type { NativePackage } from '../platform/platform.ts';
import type { Cache } from './cache.ts';
import type { Context } from './context.ts';
import { sizeOf } from './folders.ts';
import { placedIn, takeOut } from './place.ts';
import { requireProject } from './project.ts';
import { megabytes } from './reporter.ts';

/** What to take away of what earlier runs made. */
export interface TakeAwayOptions {
  /** The project's folder. */
  readonly project: string;
  readonly packageName: NativePackage;
  /** Takes the package, or what was put into it, out of the project. */
  readonly undo: boolean;
  /** Removes what is kept for other projects. */
  readonly clearCache: boolean;
  /** Whether package.json is told of a package that is removed. */
  readonly save: boolean;
  /** Says what would be removed and removes nothing. */
  readonly dryRun: boolean;
}

/** Takes out of a project what was put into it, removes the cache, or both; throws a Failure where that can't be. */
export async function takeAway(
  context: Context,
  cache: Cache,
  options: TakeAwayOptions,
): Promise<void> {
  const { reporter } = context;
  const { project, packageName, undo, clearCache, dryRun } = options;
  if (undo) {
    await requireProject(project);
    const what = dryRun
      ? (await placedIn(project, packageName))?.what
      : await takeOut(context, options);
    const kept = clearCache ? '' : ` The cache ${cache.root} is kept; --clear-cache removes it.`;
    if (what === undefined)
      reporter.say(`Nothing to undo: tfloop-native has put no ${packageName} into ${project}.`);
    else reporter.say(dryRun ? `Would be removed: ${what}.` : `Undone: removed ${what}.${kept}`);
  }
  if (clearCache) {
    const what = `${cache.root}, ${megabytes(await sizeOf(cache.root))}`;
    if (!dryRun) await cache.clear();
    reporter.say(
      `${dryRun ? 'Would be removed:' : 'Removed'} ${what}. Projects that it was linked into keep what they have.`,
    );
  }
}
