import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` sends API requests: a Tracemeter started with its default web address. */
const backend = process.env.TRACEMETER_WEB ?? 'http://127.0.0.1:4319';

/** What the first page is made of. */
const FIRST =
  /node_modules|[\\/]src[\\/](components|state|format|api|text|router|shell|overview|start|main|App|pages\.ts|pages[\\/]Overview)/;

/** Leaves only compressed files: they are embedded and sent as they are. */
function compress(): Plugin {
  return {
    name: 'compress',
    apply: 'build',
    writeBundle: ({ dir }) => {
      const folder = dir as string;
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9, memLevel: 9 }));
        rmSync(path);
      }
    },
  };
}

export default defineConfig({
  // Scoped classes stand in every element: five characters instead of thirteen are 1 % of all code.
  plugins: [
    svelte({ compilerOptions: { cssHash: ({ hash, css }) => `s${hash(css).slice(-4)}` } }),
    compress(),
  ],
  build: {
    target: 'es2022',
    // The first that know light-dark() (2024): for older ones every colour would be written twice.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // A data: URL would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Two parts: what the first page needs, and all other pages, which are fetched while nothing else is to do.
          // A file a page would be 25 % larger in all: small files compress badly.
          groups: [
            { name: 'first', test: FIRST },
            { name: 'rest', test: /[\\/]src[\\/]pages[\\/](?!Kitchen)|[\\/]src[\\/]\w+[\\/](?!.*Kitchen)/ },
          ],
        },
      },
    },
  },
  server: {
    proxy: { '/api': backend, '/healthz': backend, '/readyz': backend, '/metrics': backend },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
