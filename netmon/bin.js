#!/usr/bin/env node
// The `netmon` command. Plain JavaScript, since it also has to say what is missing when nothing is built yet.

import { existsSync } from 'node:fs'

const built = new URL('../dist/netmon/main.js', import.meta.url)

if (existsSync(built)) {
  const { main } = await import(built.href)
  await main(process.argv.slice(2))
} else {
  console.error(
    'netmon is not built yet: run `npm start` or `npm run build` in its directory first',
  )
  process.exitCode = 1
}
