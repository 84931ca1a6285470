import { plainJson, serverRun, type ServerRun } from './server-run.ts';

type Variables = Record<string, unknown>;
type Upload = (store: (body: Buffer) => boolean) => string;

/** Answers the GraphQL operations on runs. */
export function runStore(upload: Upload) {
  const runs = new Map<string, ServerRun>();
  const key = (entity: unknown, project: unknown, name: unknown): string =>
    [entity ?? 'tester', project ?? 'uncategorized', name].map(String).join('/');
  const find = (entity: unknown, project: unknown, name: unknown): ServerRun => {
    const run = runs.get(key(entity, project, name));
    if (!run) throw new Error(`there is no run ${key(entity, project, name)}`);
    return run;
  };

  const operations: Record<string, (variables: Variables) => unknown> = {
    Viewer: () => ({
      viewer: {
        id: 'VXNlcjox',
        entity: 'tester',
        username: 'tester',
        email: 'tester@example.com',
        flags: '{}',
        teams: { edges: [{ node: { name: 'tester' } }] },
      },
    }),
    ServerFeaturesQuery: () => ({ serverInfo: { features: [] } }),
    OrganizationCoreWeaveOrganizationID: () => ({ entity: { organization: null } }),
    RunStoppedStatus: ({ entityName, projectName, runId }) => ({
      project: { run: { stopped: find(entityName, projectName, runId).stopped } },
    }),
    UpsertBucket(variables) {
      const byId = [...runs.values()].find(({ id }) => id === variables.id);
      const { entity: wanted, project: into } = variables as { entity?: string; project?: string };
      const entity = wanted ?? 'tester';
      const project = into ?? 'uncategorized';
      const name = String(variables.name);
      const known = byId ?? runs.get(key(entity, project, name));
      const run = known ?? serverRun(entity, project, name);
      if (!known) runs.set(key(entity, project, name), run);
      for (const [field, value] of Object.entries(variables))
        if (value !== null && value !== undefined) run.fields[field] = value;
      if (typeof variables.config === 'string')
        run.config = JSON.parse(plainJson(variables.config)) as Record<string, unknown>;
      if (run.fields.displayName === undefined) run.fields.displayName = `calm-lake-${runs.size}`;
      return { upsertBucket: { bucket: bucketOf(run), inserted: known === undefined } };
    },
    RunResumeStatus({ entity, project, name }) {
      const run = runs.get(key(entity, project, name));
      const model = { id: 'TW9kZWw6', name: project, entity: { id: 'RW50aXR5', name: 'tester' } };
      return { model: { ...model, bucket: run ? resumeStatusOf(run) : null } };
    },
    CreateRunFiles({ entity, project, run: name, files }) {
      const run = find(entity, project, name);
      return {
        createRunFiles: {
          runID: run.id,
          uploadHeaders: [],
          files: (files as string[]).map((path) => ({
            name: path,
            uploadUrl: upload((body) => {
              run.files[path] = body;
              return true;
            }),
          })),
        },
      };
    },
    NotifyScriptableRunAlert(variables) {
      find(variables.entityName, variables.projectName, variables.runName).alerts.push(variables);
      return { notifyScriptableRunAlert: { success: true } };
    },
  };
  return { runs, operations };
}

function bucketOf(run: ServerRun) {
  return {
    id: run.id,
    name: run.name,
    displayName: run.fields.displayName,
    description: null,
    config: JSON.stringify(run.config),
    sweepName: null,
    project: { id: 'UHJvamVjdA==', name: run.project, entity: { id: 'RQ==', name: run.entity } },
    historyLineCount: run.lines['wandb-history.jsonl'].length,
  };
}

function resumeStatusOf(run: ServerRun) {
  const tail = (lines: readonly string[]): string => JSON.stringify(lines.slice(-1));
  return {
    ...bucketOf(run),
    summaryMetrics: run.lines['wandb-summary.json'][0] ?? '{}',
    logLineCount: run.lines['output.log'].length,
    eventsLineCount: run.lines['wandb-events.jsonl'].length,
    historyTail: tail(run.lines['wandb-history.jsonl']),
    eventsTail: tail(run.lines['wandb-events.jsonl']),
    tags: run.fields.tags ?? [],
    runInfo: { args: [] },
    wandbConfig: JSON.stringify(run.config._wandb ?? {}),
  };
}
