import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Screens run as in the browser build: react-native-web and the `.web` files. */
export default defineConfig({
  plugins: [react()],
  define: { __DEV__: 'false', 'process.env.EXPO_OS': '"web"' },
  resolve: {
    alias: [{ find: /^react-native$/, replacement: 'react-native-web' }],
    extensions: ['.web.tsx', '.web.ts', '.web.mjs', '.web.js', '.tsx', '.ts', '.mjs', '.js', '.json'],
    conditions: ['browser', 'module', 'import', 'default'],
    mainFields: ['browser', 'module', 'main'],
    dedupe: ['react', 'react-dom'],
  },
  test: {
    name: 'app',
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}', 'test/**/*.test.{ts,tsx}'],
    setupFiles: ['./test/setup.ts'],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 45_000 } },
    server: { deps: { inline: [/react-native/, /expo/, /@react-navigation/] } },
  },
});
