// jax-js as its users train: a jitted function of parameters, optimizer state and batch. It runs from its source, in a
// Node that jax-js starts in, with jax-js from another folder: nothing of the workspace is imported here.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [folder, text] = process.argv.slice(2);
const { lane, workload } = JSON.parse(text);
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

const loaded = await load();
if ('absent' in loaded) say(loaded);
else await train(loaded.jax, loaded.version).catch((error) => say({ error: firstLine(error) }));

async function load() {
  if (Number(process.versions.node.split('.')[0]) < 24)
    return { absent: `@jax-js/jax needs Node 24, this is ${process.version}` };
  try {
    const require = createRequire(join(resolve(folder), 'package.json'));
    const main = require.resolve('@jax-js/jax');
    const jax = await import(pathToFileURL(main.replace(/\.cjs$/, '.js')).href);
    await jax.init('wasm');
    jax.defaultDevice('wasm');
    // Its package.json is not among its exports.
    const manifest = await readFile(join(dirname(main), '..', 'package.json'), 'utf8');
    return { jax, version: JSON.parse(manifest).version };
  } catch (error) {
    return { absent: firstLine(error) };
  }
}

async function train(jax, version) {
  const { numpy: np, nn, random, jit, tree, valueAndGrad } = jax;
  const { batchSize, batches, classes } = workload;
  const network = networksOf(jax)[lane.workload];
  if (network === undefined) return say({ absent: `${lane.workload} is not written for it` });
  const { initial, forward } = network();
  const optimizer = optimizersOf(jax)[lane.optimizer];

  const lossOf = (parameters, x, y) =>
    nn
      .logSoftmax(forward(parameters, x), -1)
      .mul(y)
      .sum()
      .mul(-1 / batchSize);
  const step = jit((parameters, state, x, y) => {
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(parameters), x, y);
    return [...optimizer.update(parameters, gradients, state), loss];
  });

  const labels = Int32Array.from({ length: batchSize }, (_, i) => (i * 7) % classes);
  const data = Array.from({ length: batches }, (_, i) => ({
    x: random.normal(random.key(i), [batchSize, ...workload.inputShape]),
    y: nn.oneHot(np.array(labels, { dtype: np.int32 }), classes),
  }));
  await jax.blockUntilReady(data);
  let parameters = initial;
  let state = optimizer.start(parameters);
  const leaves = tree.leaves(tree.ref(parameters));
  const count = leaves.reduce((sum, { size }) => sum + size, 0);
  say({ system: `@jax-js/jax ${version}, WASM, Node ${process.version}`, parameters: count });

  for await (const _ of createInterface({ input: process.stdin })) {
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    const losses = [];
    for (const { x, y } of data) {
      const [nextParameters, nextState, loss] = step(parameters, state, x.ref, y.ref);
      [parameters, state] = [nextParameters, nextState];
      await jax.blockUntilReady(loss);
      losses.push(loss);
    }
    await np.stack(losses).data();
    const { user, system } = process.cpuUsage(cpu);
    say({
      msPerStep: (performance.now() - began) / batches,
      cpuPerStep: (user + system) / 1000 / batches,
      peak: process.resourceUsage().maxRSS * 1024,
    });
  }
}

/** Those of networks.ts that consist of dense layers; its convolutions take seconds a step. */
function networksOf({ numpy: np, nn, random }) {
  const dense = (seed, inputs, outputs) => ({
    kernel: random.normal(random.key(seed), [inputs, outputs]).mul(Math.sqrt(2 / inputs)),
    bias: np.zeros([outputs]),
  });
  return {
    mlp: () => ({
      initial: [dense(1, 784, 128), dense(2, 128, 10)],
      forward: ([hidden, logits], x) =>
        np
          .matmul(nn.relu(np.matmul(x, hidden.kernel).add(hidden.bias)), logits.kernel)
          .add(logits.bias),
    }),
  };
}

/** SGD with momentum, and Adam; the state of each is a tree of arrays. */
function optimizersOf({ numpy: np, tree }) {
  const zeros = (parameters) => tree.map((value) => np.zeros(value.shape), tree.ref(parameters));
  return {
    sgd: {
      start: zeros,
      update(parameters, gradients, buffers) {
        const moved = tree.map((buffer, g) => buffer.mul(0.9).add(g), buffers, gradients);
        const next = tree.map((p, buffer) => p.sub(buffer.mul(0.01)), parameters, tree.ref(moved));
        return [next, moved];
      },
    },
    adam: {
      start: (parameters) => ({
        first: zeros(parameters),
        second: zeros(parameters),
        steps: np.zeros([]),
      }),
      update(parameters, gradients, { first, second, steps }) {
        const count = steps.add(1);
        const m = tree.map((a, g) => a.mul(0.9).add(g.mul(0.1)), first, tree.ref(gradients));
        const v = tree.map((a, g) => a.mul(0.999).add(np.square(g).mul(0.001)), second, gradients);
        const remains = (beta) => np.subtract(1, np.power(beta, count.ref));
        const rate = np.sqrt(remains(0.999)).div(remains(0.9)).mul(0.001);
        const next = tree.map(
          (p, mean, square) => p.sub(mean.mul(rate.ref).div(np.sqrt(square).add(1e-8))),
          parameters,
          tree.ref(m),
          tree.ref(v),
        );
        rate.dispose();
        return [next, { first: m, second: v, steps: count }];
      },
    },
  };
}

function firstLine(error) {
  return String(error?.message ?? error).split('\n')[0];
}
