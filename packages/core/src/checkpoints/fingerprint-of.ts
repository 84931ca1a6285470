import * as tf from '@tensorflow/tfjs';
import type { Callback } from '../callback.ts';
import type { DataSource } from '../data-source.ts';
import type { Loss } from '../loss.ts';
import type { Metric } from '../metric.ts';
import type { Model } from '../model.ts';
import type { Optimizer, Parameters } from '../optimizer.ts';
import { sha256 } from '../sha256.ts';
import type { DataFingerprint, Fingerprint } from './run-state.ts';

/** What a run consists of. */
export interface RunParts {
  readonly epochs: number;
  readonly seed: number;
  readonly model: Model;
  readonly parameters: Parameters;
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly train: DataSource;
  readonly valid: DataSource | undefined;
  readonly metrics: readonly Metric[];
  readonly trainMetrics: readonly Metric[];
  readonly plan: readonly Callback[];
}

/** What a checkpoint says that a run is of. Reads a sample of the data. */
export async function fingerprintOf(parts: RunParts): Promise<Fingerprint> {
  const { epochs, seed, model, parameters, optimizer, loss, train, valid, metrics, plan } = parts;
  return {
    epochs,
    seed,
    model: [...model.variables].map(([name, { shape, dtype }]) => ({
      name,
      shape,
      dtype,
      trainable: parameters.has(name),
    })),
    layers: await digestOfLayers(model),
    optimizer: { name: optimizer.name, options: textOf(optimizer.options ?? {}) },
    loss: loss.title ?? String(loss),
    data: { train: await ofData(train), valid: valid ? await ofData(valid) : null },
    metrics: metrics.map(({ name }) => name),
    trainMetrics: parts.trainMetrics.length > 0,
    callbacks: plan
      .filter(({ passive = false }) => !passive)
      .map(({ name, options }) => ({ name, options: textOf(options ?? {}) })),
    backend: tf.getBackend(),
  };
}

/** Activations, rates and strides change what a model computes, but none of its variables' shapes. */
async function digestOfLayers({ layers }: Model): Promise<string | null> {
  if (!layers) return null;
  const unnamed = (key: string, value: unknown): unknown =>
    /^(name|inboundNodes|inputLayers|outputLayers)$/.test(key) ? undefined : value;
  try {
    const parts = layers.layers.map((layer) => [layer.getClassName(), layer.getConfig()]);
    return await sha256([new TextEncoder().encode(JSON.stringify(parts, unnamed))]);
  } catch {
    // A layer of the user's own need not tell its options.
    return null;
  }
}

async function ofData(source: DataSource): Promise<DataFingerprint> {
  return {
    batches: source.batches ?? null,
    examples: source.examples ?? null,
    digest: (await source.digest?.()) ?? null,
  };
}

/** Options may hold what JSON has no word for: functions compare by their text. */
function textOf(options: Readonly<Record<string, unknown>>): string {
  try {
    return toText(options);
  } catch {
    return 'options that no text can say';
  }
}

function toText(options: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(options, (_, value: unknown) => {
    if (typeof value === 'function' || typeof value === 'bigint' || typeof value === 'symbol')
      return String(value);
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    return value;
  });
}
