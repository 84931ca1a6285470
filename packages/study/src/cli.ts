#!/usr/bin/env node
import { main } from './main.ts';
import { STOP_SIGNALS, type StopSignal } from './stop-signals.ts';

const SIGNALS = Object.keys(STOP_SIGNALS) as StopSignal[];

// A reader such as `head` may close the pipe before everything is written.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  color: !process.env['NO_COLOR'],
  onStop(handler) {
    for (const signal of SIGNALS) process.on(signal, handler);
    return () => {
      for (const signal of SIGNALS) process.off(signal, handler);
    };
  },
  exit: (code) => process.exit(code),
});
