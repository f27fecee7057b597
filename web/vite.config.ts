import { gzipAsync } from '@gfx/zopfli';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` sends API requests: a Tracemeter started with its default web address. */
const backend = process.env.TRACEMETER_WEB ?? 'http://127.0.0.1:4319';

/**
 * Leaves only compressed files: they are embedded and sent as they are. Zopfli makes the gzip that browsers know, 4 %
 * smaller than zlib's best, in two seconds more.
 */
function compress(): Plugin {
  return {
    name: 'compress',
    apply: 'build',
    writeBundle: async ({ dir }) => {
      const folder = dir as string;
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        writeFileSync(`${path}.gz`, await gzipAsync(readFileSync(path), { numiterations: 15 }));
        rmSync(path);
      }
    },
  };
}

/** Tells `first.js`, which is not built, the name of the file that has the other pages. */
function namePages(): Plugin {
  return {
    name: 'name-pages',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html, { chunk, bundle }) => {
        const pages = Object.values(bundle ?? {}).find(
          (file) => file.type === 'chunk' && file.name === 'others',
        );
        if (!pages) throw new Error(`no file of the other pages beside ${chunk?.fileName}`);
        return html.replace('src="/first.js"', `src="/first.js" data-pages="/${pages.fileName}"`);
      },
    },
  };
}

export default defineConfig({
  // Scoped classes stand in every element: five characters instead of thirteen are 1 % of all code.
  plugins: [
    svelte({
      compilerOptions: {
        cssHash: ({ hash, css }) => `s${hash(css).slice(-4)}`,
        // Templates as lists instead of HTML: 1 % smaller, and nothing is parsed at run time.
        fragments: 'tree',
      },
    }),
    namePages(),
    compress(),
  ],
  build: {
    target: 'es2022',
    // The first that know light-dark() (2024): for older ones every colour would be written twice.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // A data: URL would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // All styles come at once: code that is fetched later waits for none.
    cssCodeSplit: false,
    // Before compression.
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: { '/api': backend, '/healthz': backend, '/readyz': backend, '/metrics': backend },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
