import { join } from 'node:path';
import { test } from '@jest/globals';
import { readmeExample } from '@tfloop/tools/readme-example';

test('runs the example of the README', () => readmeExample(join(__dirname, '..')));
