import * as tf from '@tensorflow/tfjs';
import type { FitLoop, Model } from '@tfloop/core';
import { VERSION } from './version.ts';

/** Variables that a model without layers is described by at most. */
const MOST_VARIABLES = 200;

/** What a fit is made of, as a run's configuration; `runtime` is what runs the program. */
export async function runConfig(loop: FitLoop, runtime: string): Promise<Record<string, unknown>> {
  const { model, optimizer, epochs, plan } = loop;
  const { seed, data, metrics, backend } = await loop.fingerprint();
  return {
    epochs,
    seed,
    metrics,
    model: describe(model, loop.parameters),
    optimizer: {
      name: optimizer.name,
      ...Object.fromEntries(optimizer.hyperparameters.map((name) => [name, optimizer.get(name)])),
    },
    callbacks: Object.fromEntries(
      plan
        .filter(({ name }) => name !== 'wandbLogger')
        .map(({ name, options = {} }) => [name, writable(options)]),
    ),
    data: { train: sizes(data.train), ...(data.valid && { valid: sizes(data.valid) }) },
    backend,
    versions: { tfloop: VERSION, tfjs: tf.version['tfjs'], runtime },
  };
}

function sizes({ examples, batches }: { examples: number | null; batches: number | null }) {
  return { examples, batches };
}

function describe(model: Model, parameters: FitLoop['parameters']): Record<string, unknown> {
  const count = (variables: ReadonlyMap<string, tf.Variable>): number =>
    [...variables.values()].reduce((sum, { size }) => sum + size, 0);
  const { layers } = model;
  return {
    parameters: count(model.variables),
    trainableParameters: count(parameters),
    ...(layers && { name: layers.name }),
    summary: layers ? layersSummary(layers) : variablesSummary(model),
  };
}

function layersSummary(layers: tf.LayersModel): string {
  const lines: string[] = [];
  layers.summary(100, undefined, (line: string) => void lines.push(line));
  return lines.join('\n');
}

function variablesSummary({ variables }: Model): string {
  const lines = [...variables].map(
    ([name, { shape, dtype }]) => `${name} [${shape.join(', ')}] ${dtype}`,
  );
  const rest = lines.length - MOST_VARIABLES;
  return [...lines.slice(0, MOST_VARIABLES), ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n');
}

/** Options hold functions, which a configuration can't: what they are called stands for them. */
function writable(value: unknown, depth = 0): unknown {
  if (typeof value === 'function') return `function ${value.name}`.trim();
  if (typeof value !== 'object' || value === null || depth > 5) return value;
  if (value instanceof RegExp) return String(value);
  if (Array.isArray(value)) return value.map((member) => writable(member, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, writable(member, depth + 1)]),
  );
}
