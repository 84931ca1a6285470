import * as tf from '@tensorflow/tfjs';
import { seededDropouts, withFreshMasks } from './fresh-masks.ts';
import type { Tensors } from './tensors.ts';

/** What the loop needs of a model. A plain object with these members is one. */
export interface Model {
  /** All variables by name, trainable or not; the order is the model's own. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  /** The answer to a batch of inputs. Runs inside a tidy; in training also inside the gradient tape. */
  forward(x: Tensors, context: ForwardContext): Tensors;
  /** Names of the variables to train, asked at the start of every fit. @default those with `trainable` */
  trainable?(): readonly string[];
  /** A scalar to add to the training loss, such as a layer's weight regularizer. */
  penalty?(): tf.Scalar | undefined;
  /** The last activation, where known, so that a loss can refuse probabilities in place of logits. */
  readonly outputActivation?: string | undefined;
  /** The layers model behind it, where there is one. */
  readonly layers?: tf.LayersModel;
  /** What it takes, where that is known: then every batch is checked against it, and answers have a row an example. */
  readonly inputs?: readonly ModelInput[];
}

/** An input of a model. */
export interface ModelInput {
  readonly name: string;
  /** The first dimension is the batch; null is any size. */
  readonly shape: readonly (number | null)[];
  readonly dtype: tf.DataType;
}

/** What a forward pass is told. */
export interface ForwardContext {
  readonly training: boolean;
}

/** A model as people have it: see {@link toModel}. */
export type ModelLike = tf.LayersModel | ModelObject | ModelFunction;

/** A model as an object: variables in a list or by name, and a forward function. */
export interface ModelObject extends Omit<Model, 'variables'> {
  readonly variables: Variables;
}

/** A function with its variables. */
export type ModelFunction = Model['forward'] & { readonly variables: Variables };

/** Variables in a list, where their own names count, or by name. */
export type Variables =
  readonly tf.Variable[] | Readonly<Record<string, tf.Variable>> | ReadonlyMap<string, tf.Variable>;

/** Turns a layers model, an object or a function with variables into a {@link Model}. */
export function toModel(model: ModelLike): Model {
  if (model instanceof tf.LayersModel) return layersModel(model);
  if (typeof model === 'function')
    return { variables: byName(model.variables), forward: (x, context) => model(x, context) };
  if (typeof (model as Partial<ModelObject> | undefined)?.forward === 'function') {
    const { trainable, penalty, outputActivation, layers } = model;
    return {
      variables: byName(model.variables),
      forward: (x, context) => model.forward(x, context),
      ...(trainable && { trainable: () => trainable.call(model) }),
      ...(penalty && { penalty: () => penalty.call(model) }),
      ...(layers && { layers }),
      outputActivation,
    };
  }
  throw new TypeError(
    'Learner: model must be a tf.LayersModel, an object { variables, forward } or a function with variables',
  );
}

/** The model's trainable variables by name, in its order. Throws where there are none. */
export function trainableOf(model: Model): Map<string, tf.Variable> {
  const names = model.trainable?.();
  const chosen = names
    ? names.map((name) => [name, model.variables.get(name)] as const)
    : [...model.variables].filter(([, variable]) => variable.trainable);
  const parameters = new Map<string, tf.Variable>();
  for (const [name, variable] of chosen) {
    if (!variable)
      throw new Error(`Learner: model.trainable() names "${name}", which is not a variable of it`);
    parameters.set(name, variable);
  }
  if (parameters.size === 0) throw new Error('Learner: the model has no trainable variables');
  return parameters;
}

function layersModel(model: tf.LayersModel): Model {
  // A sequential model with an input shape builds itself when it is first asked; one without can't.
  const outputs = model.outputs as readonly unknown[] | undefined;
  if (!outputs || outputs.length === 0)
    throw new Error('Learner: the model is not built; give its first layer an inputShape');
  // `name` numbers the models of a process; the name as it was given is the same in every process.
  const given = new Set(model.weights.map((weight) => weight.originalName));
  const key = given.size === model.weights.length ? 'originalName' : 'name';
  const variables = new Map(model.weights.map((weight) => [weight[key], variableOf(weight)]));
  const dropouts = seededDropouts(model);
  // A sequential model has no `inputNames` until it is first called.
  const inputs = model.inputs.map(({ name, shape, dtype }, i) => ({
    name: model.inputNames[i] ?? name,
    shape,
    dtype,
  }));
  const names = inputs.map(({ name }) => name);
  return {
    layers: model,
    inputs,
    variables,
    trainable: () => model.trainableWeights.map((weight) => weight[key]),
    forward(x, context) {
      const ordered = inOrder(x, names);
      const apply = () => model.apply(ordered, { ...context }) as tf.Tensor | tf.Tensor[];
      return context.training ? withFreshMasks(dropouts, apply) : apply();
    },
    penalty() {
      if (!model.layers.some(mayPenalize)) return undefined;
      const losses = model.calculateLosses();
      return losses.length > 0 ? tf.addN<tf.Scalar>(losses) : undefined;
    },
    outputActivation: lastActivation(model),
  };
}

/** Whether a layer has something to add to the loss; asking a whole model for it takes as long as a small kernel. */
function mayPenalize(layer: tf.layers.Layer): boolean {
  const { prototype } = tf.layers.Layer;
  return layer.losses.length > 0 || layer.calculateLosses !== prototype.calculateLosses;
}

function variableOf(weight: { read(): tf.Tensor; readonly name: string }): tf.Variable {
  const value = weight.read();
  if (value instanceof tf.Variable) return value as tf.Variable;
  throw new TypeError(`Learner: the weight "${weight.name}" is not a tf.Variable`);
}

/** Throws where a layer keeps something from batch to batch that is in no variable, so that no checkpoint has it. */
export function refuseStatefulLayers({ layers }: Model): void {
  const stateful = layers?.layers.find((layer) => layer.stateful);
  if (stateful)
    throw new Error(
      `Learner.fit: the layer "${stateful.name}" is stateful: what it keeps from batch to batch is in no checkpoint, so the run could not go on exactly; make it with stateful: false, or fit without checkpoint and resume`,
    );
}

function inOrder(x: Tensors, names: readonly string[]): tf.Tensor | tf.Tensor[] {
  if (x instanceof tf.Tensor || Array.isArray(x)) return x;
  return names.map((name) => {
    const tensor = x[name];
    if (!tensor)
      throw new Error(
        `Learner: the batch has no input "${name}"; it has ${Object.keys(x).join(', ')}`,
      );
    return tensor;
  });
}

function lastActivation(model: tf.LayersModel): string | undefined {
  if (model.outputs.length !== 1) return undefined;
  const layer = model.layers.at(-1);
  if (layer?.getClassName() === 'Softmax') return 'softmax';
  const config = layer?.getConfig();
  return typeof config?.['activation'] === 'string' ? config['activation'] : undefined;
}

function byName(variables: Variables): Map<string, tf.Variable> {
  const named = new Map<string, tf.Variable>();
  const names = new Map<tf.Variable, string>();
  for (const [name, variable] of entriesOf(variables)) {
    if (named.has(name)) throw new Error(`Learner: two variables are named "${name}"`);
    const other = names.get(variable);
    if (other !== undefined)
      throw new Error(`Learner: "${other}" and "${name}" are the same variable; name it once`);
    named.set(name, variable);
    names.set(variable, name);
  }
  return named;
}

function entriesOf(variables: Variables): Iterable<readonly [string, tf.Variable]> {
  if (variables instanceof Map) return variables as ReadonlyMap<string, tf.Variable>;
  if (!Array.isArray(variables)) return Object.entries(variables);
  // One without a name of its own is called by a number that counts all variables of the process.
  return (variables as readonly tf.Variable[]).map((variable, i) => [
    /^\d+$/.test(variable.name) ? String(i) : variable.name,
    variable,
  ]);
}
