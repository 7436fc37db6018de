// The process of one part of `netmon up`.

import { main } from './main.ts'

await main(process.argv.slice(2))
