import { consoleLines } from './console-lines.ts';
import { itemTree, whole } from './item-tree.ts';
import { metricList } from './metric-list.ts';
import { members, seedConfig } from './seed-items.ts';
import type {
  ExitRecord,
  Item,
  LogRecord,
  RunRecord,
  StatsRecord,
  TelemetryRecord,
} from './record.ts';
import type { RunFields } from './run-api.ts';

/** Files of the stream that only grow, by the names that the service knows. */
export const lineFiles = {
  history: 'wandb-history.jsonl',
  events: 'wandb-events.jsonl',
  output: 'output.log',
} as const;

export type LineKind = keyof typeof lineFiles;

/** A line that a record became. */
export interface Line {
  readonly kind: LineKind;
  readonly text: string;
  /** Of a row. */
  readonly step?: number;
}

/**
 * What the records so far amount to. It depends on nothing but the records, so that a later process that reads the same
 * log counts the same lines.
 */
export interface RunFold {
  /** Takes the next record in; returns the lines it completes. */
  add(record: LogRecord): readonly Line[];
  /** Takes in what the service held before this log began. */
  seed(summaryJson: string, configJson: string): void;
  readonly run: RunRecord | undefined;
  /** Set while the last record that matters is the exit. */
  readonly exit: ExitRecord | undefined;
  /** `_step` of the next row. */
  readonly nextStep: number;
  /** Grow when the summary, or what UpsertBucket sends, changed. */
  readonly versions: { readonly summary: number; readonly fields: number };
  summaryJson(): string;
  fields(): RunFields;
}

export function runFold(): RunFold {
  let run: RunRecord | undefined;
  let exit: ExitRecord | undefined;
  let telemetry: TelemetryRecord | undefined;
  let nextStep = 0;
  const versions = { summary: 0, fields: 0 };
  const config = itemTree();
  const summary = itemTree([], whole);
  const metrics = metricList();
  const output = consoleLines();

  function lines(record: LogRecord): readonly Line[] {
    if ('history' in record) {
      nextStep = record.history.step + 1;
      const { step, items } = record.history;
      return [{ kind: 'history', text: itemTree(items).json(), step }];
    }
    if ('stats' in record) return [{ kind: 'events', text: eventLine(record.stats, run) }];
    if ('output' in record) return outputLines(output.add(record.output));
    return 'exit' in record ? outputLines(output.end()) : [];
  }

  function take(record: LogRecord): void {
    if ('summary' in record) {
      summary.set(record.summary.update);
      summary.remove(record.summary.remove ?? []);
      versions.summary++;
      return;
    }
    if ('run' in record) {
      // A process that goes on with the log tells again; what it leaves out stays.
      run = { ...record.run, ...(run && firstOf(run)) };
      config.set(record.run.config ?? []);
    } else if ('config' in record) {
      config.set(record.config.update);
      config.remove(record.config.remove ?? []);
    } else if ('metric' in record) metrics.define(record.metric);
    else if ('telemetry' in record) telemetry = record.telemetry;
    else return;
    versions.fields++;
  }

  function configJson(): string {
    // The reserved key may hold what was logged under it, charts for example.
    const tree = itemTree(config.entries().map(([key, valueJson]) => ({ key, valueJson })));
    tree.set([
      { key: ['_wandb', 'm'], valueJson: metrics.json() },
      ...(telemetry ? telemetryItems(telemetry) : []),
    ]);
    const members = tree
      .entries()
      .map(([key, value]) => `${JSON.stringify(key)}:{"value":${value}}`);
    return `{${members.join(',')}}`;
  }

  return {
    add(record) {
      if ('exit' in record) exit = record.exit;
      else if ('history' in record || 'run' in record) exit = undefined;
      take(record);
      return lines(record);
    },
    seed(summaryText, configText) {
      // What this log says goes before what was said earlier.
      const known = new Set(config.entries().map(([key]) => key));
      config.set(seedConfig(configText).filter(({ key }) => !known.has(key)));
      summary.set(members(summaryText));
      versions.fields++;
    },
    get run() {
      return run;
    },
    get exit() {
      return exit;
    },
    get nextStep() {
      return nextStep;
    },
    versions,
    summaryJson: () => summary.json(),
    fields() {
      if (!run) throw new Error('the log has no run record yet');
      const { runId, project, entity, displayName, group, jobType, notes, tags, host, git } = run;
      return {
        name: runId,
        project,
        ...(entity !== undefined && { entity }),
        ...(displayName !== undefined && { displayName }),
        ...(group !== undefined && { groupName: group }),
        ...(jobType !== undefined && { jobType }),
        ...(notes !== undefined && { notes }),
        ...(tags && { tags }),
        ...(host !== undefined && { host }),
        ...(git && git.remoteUrl !== '' && { repo: git.remoteUrl }),
        ...(git && git.commit !== '' && { commit: git.commit }),
        config: configJson(),
      };
    },
  };
}

/** What only the first run record of a log can say: whether there was something before it, and when it began. */
function firstOf({ resumed, startTime, runtime, base, earlier }: RunRecord): Partial<RunRecord> {
  return {
    ...(resumed !== undefined && { resumed }),
    ...(startTime !== undefined && { startTime }),
    ...(runtime !== undefined && { runtime }),
    ...(base && { base }),
    ...(earlier !== undefined && { earlier }),
  };
}

function outputLines(texts: readonly string[]): readonly Line[] {
  return texts.map((text) => ({ kind: 'output', text }));
}

function eventLine({ timestamp, items }: StatsRecord, run: RunRecord | undefined): string {
  const runtime = (timestamp - (run?.startTime ?? timestamp)) / 1000 + (run?.runtime ?? 0);
  const tree = itemTree([
    { key: '_wandb', valueJson: 'true' },
    { key: '_timestamp', valueJson: String(timestamp / 1000) },
    { key: '_runtime', valueJson: String(runtime) },
  ]);
  tree.set(
    items.map(({ key, valueJson }) => ({
      key: `system.${typeof key === 'string' ? key : key.join('.')}`,
      valueJson,
    })),
  );
  return tree.json();
}

/** Under `t`, by the field numbers of TelemetryRecord in wandb_telemetry.proto. */
function telemetryItems({ cliVersion, platform }: TelemetryRecord): Item[] {
  const telemetry = { 5: cliVersion, 13: platform };
  return [
    { key: ['_wandb', 'cli_version'], valueJson: JSON.stringify(cliVersion) },
    { key: ['_wandb', 't'], valueJson: JSON.stringify(telemetry) },
  ];
}
