import { defineConfig } from 'vitest/config';

/** Set by CI: an independent MongoDB-compatible server that the hub's integration tests run against a second time. */
const secondStore = process.env.VOLTBAY_SECOND_MONGODB_URI;

const hubOnSecondStore = {
  root: '../cloud-hub',
  test: {
    name: 'cloud-hub on an independent document server',
    testTimeout: 120_000,
    expect: { poll: { timeout: 45_000 } },
    hookTimeout: 120_000,
    env: { VOLTBAY_TEST_MONGODB_URI: secondStore ?? '' },
    include: ['test/*.test.ts'],
    // These start whole hubs with their embedded store, look at its query plans, or take long for what the others ask of a store too.
    exclude: [
      ...[
        'cli',
        'audit',
        'hub-kill',
        'order-kill',
        'tasks-kill',
        'second-store',
        'external-broker',
        'openapi',
      ],
      ...['query-plans', 'background-queries', 'indexes', 'finance-indexes', 'list-counts'],
      ...['seed-city', 'bad-input'],
    ].map((name) => `test/${name}.test.ts`),
  },
};

const PAGES = 'test/pages/*.test.ts';
const simulators = {
  root: '../simulators',
  extends: '../simulators/vitest.config.ts',
  test: { name: 'simulators', exclude: [PAGES] },
};
/** A browser, a hub and a station at once are much work: they come when all others are done. */
const pages = {
  root: '../simulators',
  test: { name: 'pages', include: [PAGES], maxWorkers: 2, sequence: { groupOrder: 1 } },
};

/** Every package's tests in one run. Three workers: many tests start real processes, and wait for them half of the time. */
export default defineConfig({
  test: {
    projects: [
      ...['protocol', 'station-agent', 'cloud-hub', 'admin', 'app'].map((name) => `../${name}`),
      { test: { name: 'scripts', include: ['bench/*.test.ts'] } },
      ...(secondStore ? [hubOnSecondStore] : []),
      simulators,
      pages,
    ],
    maxWorkers: 3,
  },
});
