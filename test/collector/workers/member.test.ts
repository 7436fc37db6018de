import { expect, test } from 'vitest'
import { nothingTold } from '../../../collector/workers/end-of-run.ts'
import { createMember } from '../../../collector/workers/member.ts'
import type { FromWorker, ToldExporter, ToWorker } from '../../../collector/workers/messages.ts'

/** A member whose thread says what the test says. */
async function startMember() {
  const asked: ToWorker['kind'][] = []
  let say: (message: FromWorker) => void = () => {}
  const member = createMember(0, {
    accept() {},
    spare: () => [],
    spawn: () => ({
      port: {
        postMessage: ({ kind }) => asked.push(kind),
        on: (_, listener) => {
          say = listener
        },
      },
      ended: new Promise(() => {}),
      terminate() {},
    }),
  })
  const started = member.start({
    workers: 1,
    endpoints: [],
    routers: undefined,
    snapshot: undefined,
    lanes: new Map(),
    knownOnly: false,
    compat: 'none',
    compile: true,
    logLevel: 'silent',
  })
  say({ kind: 'listening', listeners: [] })
  await started
  return { member, asked, say: (message: FromWorker) => say(message) }
}

test('exporters that a busy worker tells too slowly are all there in the end, each once', async () => {
  const { member, asked, say } = await startMember()
  const told = nothingTold()
  const some = (...addresses: string[]) => addresses.map((address) => ({ address }) as ToldExporter)
  const looking = member.look(1)
  say({ kind: 'exporters', exporters: some('192.0.2.1'), told: undefined })
  await looking
  // Too late for the first question; the second must not make it begin again.
  const again = member.look(60_000)
  say({ kind: 'exporters', exporters: some('192.0.2.2'), told })
  await again
  expect(asked).toEqual(['tell'])
  expect(member.exporters.map(({ address }) => address)).toEqual(['192.0.2.1', '192.0.2.2'])
})
