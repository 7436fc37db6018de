// How the console is built: into dist/console, which the API serves below /console/ (api/console.ts).

import { defineConfig } from 'vite'

export default defineConfig({
  base: '/console/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2023',
    // The Content-Security-Policy allows no data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Whoever runs the build sees what goes wrong.
    reportCompressedSize: false,
  },
  logLevel: 'warn',
})
