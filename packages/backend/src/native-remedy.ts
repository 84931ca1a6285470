/** What helps where native is not to be had in Node. */
export const nativeRemedy =
  'run `npx tfloop-native`, which installs @tensorflow/tfjs-node (or -gpu)';
