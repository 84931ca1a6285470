import { createProjectGraphAsync } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

// Without a project graph on disk the boundary rule is skipped, and with an old one it misses new packages.
await createProjectGraphAsync({ exitOnError: true });

const only = (sourceTag, ...onlyDependOnLibsWithTags) => ({ sourceTag, onlyDependOnLibsWithTags });

const boundaries = (options = {}) => [
  'error',
  {
    banTransitiveDependencies: true,
    allowCircularSelfDependency: true,
    depConstraints: [
      only('type:core'),
      only('type:part', 'type:core'),
      only('type:app', 'type:core', 'type:part'),
      only('type:tool', 'type:core', 'type:part', 'type:app', 'type:tool'),
    ],
    ...options,
  },
];

export default tseslint.config(
  { ignores: ['**/dist', '**/node_modules', 'tools/generators/**/files/**'] },
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: {
      parserOptions: { project: './tools/tsconfig.json', tsconfigRootDir: process.cwd() },
    },
    plugins: { '@nx': nx },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@nx/enforce-module-boundaries': boundaries(),
    },
  },
  {
    files: ['**/test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      // Tests compose callbacks: they may import any package of the workspace, by its name.
      '@nx/enforce-module-boundaries': boundaries({ allow: ['@tfloop/**'] }),
    },
  },
  prettier,
);
