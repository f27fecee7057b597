import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` sends API requests: a Tracemeter started with its default web address. */
const backend = process.env.TRACEMETER_WEB ?? 'http://127.0.0.1:4319';

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // A data: URL would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { '/api': backend, '/healthz': backend, '/readyz': backend, '/metrics': backend },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
