import { fork } from 'node:child_process';
const c = fork('tools/bench/logging-process.ts', ['wasm', '/tmp/st/log', process.argv[2], process.argv[3]], { execArgv: ['--expose-gc', '-C', '@tfloop/source', '--import', './tools/typescript.js'] });
c.on('message', (m: any) => console.log(m.hookMicroseconds?.toFixed(2), m.differenceMicroseconds?.toFixed(1), m.rows, m.rss / 2 ** 20 | 0, (m.heap / 2 ** 20).toFixed(2)));
