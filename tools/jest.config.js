import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** One configuration for every package: `jest -c ../../tools/jest.config.js --rootDir .` */
export default {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: {
    // Packages that come as ESM alone are transformed as well.
    '\\.ts$|node_modules/(fast-png|iobuffer)/.*\\.js$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs', ignoreDynamic: false },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: ['/node_modules/(?!(fast-png|iobuffer)/)'],
  // Tests read the sources of the other packages, so nothing has to be built first.
  testEnvironmentOptions: { customExportConditions: ['@tfloop/source', 'node', 'node-addons'] },
  reporters: ['default', here('count-reporter.js')],
  setupFiles: [here('jest.setup.ts')],
  // Test files run in a context of their own, in which looking a global up is slow: TensorFlow.js's CPU back end does so
  // with each number, and took up to seven times as long.
  sandboxInjectedGlobals: [
    ...[
      'Array',
      'Error',
      'Float32Array',
      'Int32Array',
      'Map',
      'Math',
      'Number',
      'Object',
      'Promise',
    ],
    ...['Set', 'String', 'Symbol', 'TypeError', 'Uint8Array', 'WeakMap'],
  ],
  testTimeout: 60_000,
  maxWorkers: 2,
};
