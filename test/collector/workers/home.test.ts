import { expect, test } from 'vitest'
import { homeOf } from '../../../collector/workers/home.ts'
import { u32 } from '../../build/bytes.ts'
import { netflow9 } from '../../build/netflow9.ts'
import { sourceAt as source } from '../../build/routers.ts'
import { sflow } from '../../build/sflow.ts'

const datagram = netflow9({})
const homeOfAddress = homeOf(datagram, source('192.0.2.1'), 64)

test('all ports of an address have one home', () => {
  for (const address of ['192.0.2.1', '2001:db8::7']) {
    const homes = [1, 2_055, 65_535].map((port) => homeOf(datagram, source(address, port), 7))
    expect(new Set(homes).size).toBe(1)
  }
})

test('an sFlow agent has one home, whatever address its datagrams come from; without one it is that address', () => {
  const from = (agent: string | undefined, address: string) =>
    homeOf(sflow({ agent }), source(address), 64)
  expect(from('10.0.0.1', '192.0.2.1')).toBe(from('10.0.0.1', '192.0.2.99'))
  expect(from('10.0.0.1', '192.0.2.1')).not.toBe(from('10.0.0.2', '192.0.2.1'))
  for (const agent of ['0.0.0.0', undefined]) expect(from(agent, '192.0.2.1')).toBe(homeOfAddress)
})

test('what is too short to name an agent belongs to its address', () => {
  for (const datagram of [new Uint8Array(0), u32(5), Uint8Array.of(0, 0, 0, 5, 0, 0, 0, 2, 1)]) {
    expect(homeOf(datagram, source('192.0.2.1'), 64)).toBe(homeOfAddress)
  }
})

test.each([2, 3, 4, 16])('neighbouring addresses are spread over %i workers', (workers) => {
  const counts = new Array<number>(workers).fill(0)
  for (let i = 0; i < 256; i++) counts[homeOf(datagram, source(`10.1.2.${i}`), workers)]!++
  // Of a fair spread, one in a million is more than five standard deviations off.
  const mean = 256 / workers
  const deviation = Math.sqrt(mean * (1 - 1 / workers))
  for (const count of counts) expect(Math.abs(count - mean)).toBeLessThan(5 * deviation)
})
