import { expect, test } from 'vitest'
import type { LearnedName } from '../../../collector/decode/learned-name.ts'
import { createMetadata } from '../../../collector/telemetry/metadata.ts'

const hourMs = 3_600_000
const name: LearnedName = {
  kind: 'interface',
  exporter: '192.0.2.1',
  observationDomainId: 5,
  id: '7',
  name: 'eth0',
  description: 'uplink',
  receivedMs: 1_700_000_000_000,
}
const after = (ms: number, changes: Partial<LearnedName> = {}): LearnedName => ({
  ...name,
  receivedMs: name.receivedMs + ms,
  ...changes,
})

function createTestMetadata(hasRoom = () => true) {
  const sent: object[] = []
  const learn = createMetadata((row) => {
    if (hasRoom()) sent.push(row)
    return hasRoom()
  })
  return { sent, learn }
}

test('a name is sent when it is new, when it has changed, and again once an hour', () => {
  const { sent, learn } = createTestMetadata()
  learn(name)
  learn(after(60_000))
  learn(after(hourMs - 1))
  expect(sent).toEqual([
    {
      time: '2023-11-14 22:13:20.000',
      kind: 'interface',
      exporter: '192.0.2.1',
      observation_domain_id: 5,
      id: '7',
      name: 'eth0',
      description: 'uplink',
    },
  ])
  learn(after(hourMs))
  expect(sent).toHaveLength(2)
  learn(after(hourMs + 1, { name: 'eth1' }))
  learn(after(hourMs + 2, { name: 'eth1', description: '' }))
  learn(after(hourMs + 3, { name: 'eth1', description: '' }))
  expect(sent).toHaveLength(4)
})

test('the same number of another kind, exporter or domain has a name of its own', () => {
  const { sent, learn } = createTestMetadata()
  const others: Partial<LearnedName>[] = [
    { kind: 'vrf' },
    { exporter: '192.0.2.2' },
    { observationDomainId: 6 },
    { id: '8' },
  ]
  for (const round of [0, 1]) {
    learn(after(round))
    for (const other of others) learn(after(round, other))
  }
  expect(sent).toHaveLength(5)
})

test('a name for which there was no room is sent when it is told again', () => {
  let hasRoom = false
  const { sent, learn } = createTestMetadata(() => hasRoom)
  learn(name)
  expect(sent).toEqual([])
  hasRoom = true
  learn(after(1_000))
  learn(after(2_000))
  expect(sent).toHaveLength(1)
})

test('of 200,000 names the one told longest ago is forgotten, which costs sending it again', () => {
  const { sent, learn } = createTestMetadata()
  learn(name)
  learn(after(0, { id: 'idle' }))
  for (let i = 0; i < 199_998; i++) learn(after(0, { id: `other ${i}` }))
  learn(name)
  expect(sent).toHaveLength(200_000)
  learn(after(0, { id: 'one more' }))
  learn(name)
  expect(sent).toHaveLength(200_001)
  learn(after(0, { id: 'idle' }))
  expect(sent).toHaveLength(200_002)
})
