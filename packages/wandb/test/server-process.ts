// The service in a process of its own: prints its address, answers "state" on its channel, takes faults from it.
import type { Fault } from './server-faults.ts';
import { wandbServer } from './server.ts';

const server = await wandbServer({ faults: JSON.parse(process.argv[2] ?? '[]') as Fault[] });

type Request = { readonly faults: readonly Fault[] } | { readonly down: boolean } | 'state';

process.on('message', (request: Request) => {
  void (async () => {
    if (request === 'state') process.send?.(state());
    else if ('faults' in request) server.setFaults(request.faults);
    else await (request.down ? server.goDown() : server.comeBack());
  })();
});
process.on('disconnect', () => process.exit());
console.log(server.baseUrl);

function state() {
  const { runs, requests, unknown, artifacts } = server;
  const operations = requests.map(({ operation }) => operation);
  return { runs: Object.fromEntries(runs), operations, unknown, artifacts };
}
