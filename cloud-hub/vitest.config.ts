import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { name: 'cloud-hub', include: ['src/**/*.test.ts', 'test/**/*.test.ts'] },
});
