import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { readmeExample } from '@tfloop/tools/readme-example';

test('the README example runs', async () => {
  const error = jest.spyOn(console, 'error').mockReturnValue();
  await readmeExample(join(import.meta.dirname, '..'));
  // Nothing but the line that names the back end.
  expect(error.mock.calls.flat()).toEqual([expect.stringMatching(/^@tfloop\/backend: /)]);
  error.mockRestore();
});
