import type { Graphql } from './graphql.ts';

/** What the service is told of a run; what is left out stays as it is. */
export interface RunFields {
  readonly name: string;
  readonly project: string;
  readonly entity?: string;
  readonly displayName?: string;
  readonly groupName?: string;
  readonly jobType?: string;
  readonly notes?: string;
  readonly tags?: readonly string[];
  readonly host?: string;
  readonly repo?: string;
  readonly commit?: string;
  /** JSON of `{ key: { value } }`: all of it, each time. */
  readonly config?: string;
}

/** Where a run lies at the service. */
export interface RunPlace {
  readonly entity: string;
  readonly project: string;
  readonly name: string;
  readonly displayName: string;
}

/** What the service holds of a run that is to be continued. */
export interface ResumeStatus {
  readonly historyLineCount: number;
  readonly eventsLineCount: number;
  readonly logLineCount: number;
  /** JSON of a list of the last rows, each JSON itself. */
  readonly historyTail: string;
  readonly summaryMetrics: string;
  readonly config: string;
}

const upsertQuery = `
  mutation UpsertBucket(
    $name: String, $project: String, $entity: String, $displayName: String, $groupName: String, $jobType: String,
    $notes: String, $tags: [String!], $host: String, $repo: String, $commit: String, $config: JSONString
  ) {
    upsertBucket(input: {
      name: $name, modelName: $project, entityName: $entity, displayName: $displayName, groupName: $groupName,
      jobType: $jobType, notes: $notes, tags: $tags, host: $host, jobRepo: $repo, commit: $commit, config: $config
    }) {
      bucket { id name displayName project { name entity { name } } }
      inserted
    }
  }`;

/** Creates the run, or changes what is given of it. */
export async function upsertRun(
  ask: Graphql,
  fields: RunFields,
  signal: AbortSignal,
): Promise<RunPlace> {
  const data = await ask<{
    upsertBucket: {
      bucket: {
        name: string;
        displayName: string | null;
        project: { name: string; entity: { name: string } };
      };
    };
  }>({
    name: 'UpsertBucket',
    query: upsertQuery,
    variables: { ...fields },
    signal,
    // Two clients that create the same project at once.
    alsoRetry: [409],
  });
  const { name, displayName, project } = data.upsertBucket.bucket;
  return {
    name,
    displayName: displayName ?? name,
    project: project.name,
    entity: project.entity.name,
  };
}

const resumeQuery = `
  query RunResumeStatus($project: String, $entity: String, $name: String!) {
    model(name: $project, entityName: $entity) {
      bucket(name: $name, missingOk: true) {
        historyLineCount eventsLineCount logLineCount historyTail summaryMetrics config
      }
    }
  }`;

/** What the service holds of a run; `undefined` if it knows no such run. */
export async function resumeStatus(
  ask: Graphql,
  { name, project, entity }: RunFields,
  signal: AbortSignal,
): Promise<ResumeStatus | undefined> {
  const { model } = await ask<{ model: { bucket: Partial<ResumeStatus> | null } | null }>({
    name: 'RunResumeStatus',
    query: resumeQuery,
    variables: { name, project, entity },
    signal,
  });
  const bucket = model?.bucket;
  if (!bucket) return undefined;
  return {
    historyLineCount: bucket.historyLineCount ?? 0,
    eventsLineCount: bucket.eventsLineCount ?? 0,
    logLineCount: bucket.logLineCount ?? 0,
    historyTail: bucket.historyTail ?? '[]',
    summaryMetrics: bucket.summaryMetrics ?? '{}',
    config: bucket.config ?? '{}',
  };
}

const alertQuery = `
  mutation NotifyScriptableRunAlert(
    $entityName: String!, $projectName: String!, $runName: String!, $title: String!, $text: String!,
    $severity: AlertSeverity = INFO, $waitDuration: Duration
  ) {
    notifyScriptableRunAlert(input: {
      entityName: $entityName, projectName: $projectName, runName: $runName, title: $title, text: $text,
      severity: $severity, waitDuration: $waitDuration
    }) { success }
  }`;

/** Tells the run's owner; `waitDuration` in seconds. */
export async function sendAlert(
  ask: Graphql,
  place: RunPlace,
  alert: {
    readonly title: string;
    readonly text: string;
    readonly level: string;
    readonly waitDuration?: number;
  },
  signal: AbortSignal,
): Promise<void> {
  await ask({
    name: 'NotifyScriptableRunAlert',
    query: alertQuery,
    variables: {
      entityName: place.entity,
      projectName: place.project,
      runName: place.name,
      title: alert.title,
      text: alert.text,
      severity: alert.level,
      waitDuration: (alert.waitDuration ?? 0) * 1000,
    },
    signal,
    attempts: 20,
  });
}
