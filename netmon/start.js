// `npm start`: everything on one machine, from a fresh clone on.

import { makeFresh } from './fresh.js'

makeFresh()
await import('../dist/netmon/main.js').then(({ main }) => main(['up', ...process.argv.slice(2)]))
