// TensorFlow.js advertises its native package once per process; a test run has no use for it.
import { env } from '@tensorflow/tfjs';

env().set('IS_TEST', true);
