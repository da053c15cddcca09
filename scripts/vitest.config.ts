import { defineConfig } from 'vitest/config';

/** Every package's tests in one run. Two workers: many tests start real processes. */
export default defineConfig({
  test: {
    projects: ['../protocol', '../station-agent', '../cloud-hub', '../simulators', '../admin', '../app'],
    maxWorkers: 2,
  },
});
