// One lane in a process of its own, so that no other's code and memory are in its way.
import * as tf from '@tensorflow/tfjs';
import { Absent, serve } from './answers.ts';
import { isPeer, isStock } from './contenders.ts';
import { makeData } from './data.ts';
import type { LaneOrder } from './lane.ts';
import { networks } from './networks.ts';
import { runners } from './runners.ts';
import { startOurs, startStock } from './start-backend.ts';

await serve(async () => {
  const { lane, workload } = JSON.parse(process.argv[2] ?? '') as LaneOrder;
  const { backend, contender, optimizer } = lane;
  if (backend === 'peer' || isPeer(contender)) throw new Absent(`${contender} is another program`);
  const system = isStock(contender)
    ? await startStock(backend)
    : await startOurs(backend, lane.threads);
  const model = networks[lane.workload]();
  const parameters = model.trainableWeights.reduce(
    (sum, { shape }) => sum + tf.util.sizeFromShape(shape as number[]),
    0,
  );
  const epoch = runners[contender]({ model, data: makeData(workload), optimizer });
  return { system, parameters, epoch, steps: workload.batches };
});
