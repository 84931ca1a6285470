import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import type { CheckpointStore } from '@tfloop/core';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const store = '@tfloop/core';
void store;
const checkpoints = join(import.meta.dirname, '../../packages/core/src/checkpoints');

/** What the page has to offer to the tests. */
interface PageGlobals {
  readonly folderStore: (dir: string) => CheckpointStore;
  readonly run: (store: CheckpointStore) => Promise<unknown>;
}
