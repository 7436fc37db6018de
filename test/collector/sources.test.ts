import { describe, expect, test } from 'vitest'
import { Ipv4Senders } from '../../collector/receive/ipv4-senders.ts'
import { createSources } from '../../collector/receive/sources.ts'

const named = (address: string, port = 5_000) => ({ address, port })

describe('a source', () => {
  test('is one object for each address and port', () => {
    const sourceOf = createSources()
    for (const address of ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::1', 'fe80::1%eth0']) {
      expect(sourceOf(named(address, 1))).toBe(sourceOf(named(address, 1)))
      expect(sourceOf(named(address, 1))).not.toBe(sourceOf(named(address, 2)))
    }
    // As it is named where another worker received its datagram.
    expect(sourceOf(named('::ffff:192.0.2.1'))).toBe(sourceOf(named('192.0.2.1')))
  })

  test.each([
    ['192.0.2.1', '192.0.2.1', [192, 0, 2, 1]],
    ['0.0.0.0', '0.0.0.0', [0, 0, 0, 0]],
    ['255.254.253.252', '255.254.253.252', [255, 254, 253, 252]],
    // As a dual-stack socket names it.
    ['::ffff:10.200.0.7', '10.200.0.7', [10, 200, 0, 7]],
    ['fe80::1%eth0', 'fe80::1', [0xfe, 0x80, ...Array(13).fill(0), 1]],
    // Neither is an IPv4 address.
    ['::ffff:1234', '::ffff:1234', [...Array(12).fill(0), 0xff, 0xff, 0x12, 0x34]],
    ['::10.0.0.1', '::a00:1', [...Array(12).fill(0), 10, 0, 0, 1]],
  ])('%s is %s', (told, address, bytes) => {
    const source = createSources()(named(told, 161))
    expect(source).toMatchObject({ address, port: 161 })
    expect([...source.bytes]).toEqual(bytes)
    expect(source.ipv4 !== undefined).toBe(bytes.length === 4)
  })

  test('is forgotten with all others beyond as many as there may be, since senders are free to invent', () => {
    const sourceOf = createSources()
    const first = ['192.0.2.1', '2001:db8::1'].map((address) => sourceOf(named(address)))
    for (let i = 2; i < 65_536; i++) sourceOf(named(`10.0.0.${i & 255}`, i))
    for (const source of first) expect(sourceOf(named(source.address))).toBe(source)

    const next = sourceOf(named('192.0.2.2'))
    for (const source of first) {
      const again = sourceOf(named(source.address))
      expect(again).not.toBe(source)
      expect(again).toEqual(source)
    }
    expect(sourceOf(named('192.0.2.2'))).toBe(next)
  })

  test('that the kernel names in no way we know is a fault', () => {
    const sourceOf = createSources()
    expect(() => sourceOf(named('300.1'))).toThrow('the kernel named a sender "300.1"')
  })
})

describe('IPv4 senders', () => {
  test('are found among as many as there may be, by address and port', () => {
    const senders = new Ipv4Senders()
    // Neighbouring addresses, some with neighbouring ports.
    const all = Array.from({ length: 65_536 }, (_, i) => [(i >> 2) - 8_192, i & 3] as const)
    for (const [number, [address, port]] of all.entries()) {
      expect(senders.find(address, port)).toBe(-1)
      senders.add(address, port, number)
    }
    expect(all.map(([address, port]) => senders.find(address, port))).toEqual([...all.keys()])
    expect(senders.find(0, 4)).toBe(-1)
    senders.clear()
    expect(senders.find(0, 0)).toBe(-1)
  })
})
