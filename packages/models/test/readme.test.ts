import { join } from 'node:path';
import { it } from '@jest/globals';
import { readmeExample } from '@tfloop/tools/readme-example';

it('runs the example of the README', () => readmeExample(join(__dirname, '..')));
