import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'cloud-hub',
    testTimeout: 120_000,
    expect: { poll: { timeout: 45_000 } },
    hookTimeout: 120_000,
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
  },
});
