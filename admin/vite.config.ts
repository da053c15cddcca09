import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The hub serves the build at /admin/; in development Vite passes API calls on to a running hub. */
const HUB = process.env.VOLTBAY_HUB_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/admin/',
  plugins: [react()],
  build: { target: 'es2022', manifest: true, sourcemap: false, chunkSizeWarningLimit: 900 },
  server: { proxy: { '/core': HUB, '/auth': HUB, '/openapi.json': HUB } },
});
