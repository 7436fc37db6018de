// The exporter's address as its records have it: exporterIPv4Address (130) and exporterIPv6Address (131), RFC 7012. Exporters behind
// address translation, and relays, send from another.

import { expect, test } from 'vitest'
import { ip4, ip6, u16, u32, zeros } from '../../build/bytes.ts'
import { decoded, flowsOf, type PlainFlow } from '../../build/decoded.ts'
import { type Field, ipfix, optionsTemplateSet, set, templateSet } from '../../build/ipfix.ts'
import { flowSet, netflow9, templateFlowSet } from '../../build/netflow9.ts'

const seconds = 1_700_000_000

/** The flow of a record that comes from 192.0.2.1. */
function flowOf(...values: [id: number, value: Uint8Array][]): PlainFlow | undefined {
  const fields = values.map(([id, value]): Field => [id, value.length])
  const data = set(256, ...values.map(([, value]) => value))
  return flowsOf(ipfix({ exportTime: seconds }, templateSet(256, ...fields), data))[0]
}

test('is the sampler address, with the UDP source beside it', () => {
  expect(flowOf([130, ip4('10.0.0.1')])).toMatchObject({
    samplerAddress: '10.0.0.1',
    udpSource: '192.0.2.1',
  })
  expect(flowOf([131, ip6('2001:db8::1')])).toMatchObject({
    samplerAddress: '2001:db8::1',
    udpSource: '192.0.2.1',
  })
})

test('is read from NetFlow v9 as well, and for each record anew', () => {
  const datagram = netflow9(
    { seconds },
    templateFlowSet(256, [130, 4], [1, 4]),
    templateFlowSet(258, [1, 4]),
    flowSet(256, ip4('10.0.0.1'), u32(1), ip4('10.0.0.2'), u32(2)),
    flowSet(258, u32(3)),
  )
  const flows = flowsOf(datagram)
  expect(flows).toMatchObject([
    { samplerAddress: '10.0.0.1', udpSource: '192.0.2.1' },
    { samplerAddress: '10.0.0.2', udpSource: '192.0.2.1' },
    { samplerAddress: '192.0.2.1' },
  ])
  expect(flows[2]).not.toHaveProperty('udpSource')
})

test('that is the UDP source stands alone', () => {
  const flow = flowOf([130, ip4('192.0.2.1')], [131, ip6('2001:db8::1')])
  expect(flow).toMatchObject({ samplerAddress: '192.0.2.1' })
  expect(flow).not.toHaveProperty('udpSource')
})

test('of zeros, or of another length, is none', () => {
  for (const value of [ip4('0.0.0.0'), ip6('::'), zeros(0), u16(1), zeros(20).fill(1)]) {
    const flow = flowOf([130, value], [1, u32(64)])
    expect(flow).toMatchObject({ samplerAddress: '192.0.2.1', bytes: 64n })
    expect(flow).not.toHaveProperty('udpSource')
  }
})

test('of IPv4 beats that of IPv6, unless it is zero', () => {
  const v6: [number, Uint8Array] = [131, ip6('2001:db8::1')]
  expect(flowOf(v6, [130, ip4('10.0.0.1')])).toMatchObject({ samplerAddress: '10.0.0.1' })
  expect(flowOf([130, zeros(4)], v6)).toMatchObject({ samplerAddress: '2001:db8::1' })
})

test('does not change whose templates and sampling rates hold', () => {
  const { flows, decode } = decoded()
  const announced = optionsTemplateSet(257, [[130, 4]], [[34, 4]])
  decode(
    ipfix(
      { exportTime: seconds },
      announced,
      set(257, ip4('10.0.0.1'), u32(100)),
      templateSet(256, [130, 4], [1, 4]),
    ),
  )
  decode(ipfix({ exportTime: seconds }, set(256, ip4('10.0.0.9'), u32(64))))
  expect(flows).toMatchObject([{ samplerAddress: '10.0.0.9', samplingRate: 100 }])
})
