// A store in a process of its own, as `startTestStore` asks for it.

import { pino } from 'pino'
import { type StoreOptions, startStore } from '../../schema/store/server.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as Omit<StoreOptions, 'log'>
const log = pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true }))

try {
  const store = await startStore({ ...options, log })
  process.on('message', () => {
    void store.close().then(() => process.exit(0))
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({ url: store.url })
} catch (error) {
  process.send?.({ error: error instanceof Error ? error.message : String(error) }, () =>
    process.exit(1),
  )
}
