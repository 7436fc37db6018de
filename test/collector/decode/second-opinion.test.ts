// NetFlow v5 and v9 as node-netflowv9 reads them, a decoder of other people's.

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { DecodeReason } from '../../../collector/decode/outcome.ts'
import { packageRoot } from '../../../runtime/package-root.ts'
import { hex, ip4, zeros } from '../../build/bytes.ts'
import { decoded, type PlainFlow, source } from '../../build/decoded.ts'
import { flowSet, netflow9, templateFlowSet } from '../../build/netflow9.ts'
import { type CapturedDatagram, readCapture } from '../../build/pcap.ts'
import { askNodeNetflowV9 } from '../../second-opinion/ask.ts'
import { flowOf, flowOfNetflow5 } from '../../second-opinion/fields.ts'

const fixtures = path.join(packageRoot, 'test', 'fixtures')
const captures = process.env['CAPTURES']
if (captures === undefined) console.log('CAPTURES is not set: only own fixtures are compared')

const isNetflow = ({ payload }: CapturedDatagram) =>
  payload[0] === 0 && (payload[1] === 5 || payload[1] === 9)

/** The NetFlow v5 and v9 of each capture in `folder`. */
function capturesIn(folder: string): [name: string, datagrams: CapturedDatagram[]][] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.pcap'))
    .map((file): [string, CapturedDatagram[]] => [
      file.replace('.pcap', ''),
      readCapture(path.join(folder, file)).filter(isNetflow),
    ])
    .filter(([, datagrams]) => datagrams.length > 0)
}

/** The flows of each datagram, in order: as it reads them, and of ours the fields that it knows. */
async function compare(datagrams: readonly CapturedDatagram[]) {
  const answer = await askNodeNetflowV9(datagrams)
  const run = decoded()
  return datagrams.map(({ payload, source }, i) => {
    run.flows.length = 0
    run.decode(payload, source)
    const { header = {}, flows = [] } = answer?.[i] ?? {}
    const translate = payload[1] === 5 ? flowOfNetflow5 : flowOf
    const theirs = flows
      .filter((record) => record['isOption'] !== true)
      .map((record) => translate(header, record))
    return {
      theirs: theirs.map((flow) => withoutZeros(flow, Object.keys(flow))),
      ours: run.flows.map((flow, i) => withoutZeros(flow, Object.keys(theirs[i] ?? {}))),
    }
  })
}

/** These fields of a flow but for those that say nothing: 0, an empty text, an address of zeros. */
function withoutZeros(flow: PlainFlow, names: readonly string[]): PlainFlow {
  const values = names.map((name): [string, unknown] => [name, flow[name] ?? ''])
  const isZero = (value: unknown) => /^(0*|0\.0\.0\.0|::)$/.test(String(value))
  return Object.fromEntries(values.filter(([, value]) => !isZero(value)))
}

/** Captures that it gets wrong, and why. */
const misread: Readonly<Record<string, string>> = {
  'nfv5-generic':
    'it takes what stands behind the last record for another, and throws; how many there are is in the header: ' +
    'Cisco, "NetFlow Export Datagram Format", table B-3',
}

describe.each([
  ['own fixtures', fixtures],
  ...(captures === undefined ? [] : [['captures of real exporters', captures]]),
])('%s', (_, folder = '') => {
  const all = capturesIn(folder)
  test.each(all.filter(([name]) => !(name in misread)))(
    '%s is read alike',
    async (_, datagrams) => {
      const comparison = await compare(datagrams)
      expect(comparison.map(({ ours }) => ours)).toEqual(comparison.map(({ theirs }) => theirs))
      expect(comparison.flatMap(({ theirs }) => theirs).length).toBeGreaterThan(0)
    },
  )

  const wrong = all.filter(([name]) => name in misread)
  for (const [name, datagrams] of wrong) {
    test(`${name} is not: ${misread[name]}`, async () => {
      expect(await askNodeNetflowV9(datagrams)).toEqual(datagrams.map(() => null))
    })
  }
})

describe('the packets of its own tests', () => {
  // They are under the GPL, and stay where they are.
  const folder = path.join(packageRoot, 'node_modules', 'node-netflowv9', 'test')
  const packets = readdirSync(folder).flatMap((file) =>
    [...readFileSync(path.join(folder, file), 'utf8').matchAll(/'(000[59][0-9a-f]{40,})'/g)].map(
      ([, text = '']): [string, Uint8Array] => [file, hex(text)],
    ),
  )
  test.each(packets)('of %s is read alike', async (_, payload) => {
    for (const { theirs, ours } of await compare([{ source: source(), payload }])) {
      expect(ours).toEqual(theirs)
    }
  })

  test('are found', () => expect(packets.length).toBeGreaterThanOrEqual(2))
})

describe('it never comes to an end with', () => {
  const addresses = templateFlowSet(256, [8, 4], [12, 4])
  const record = flowSet(256, ip4('192.0.2.1'), ip4('192.0.2.2'))
  const flow = { srcAddr: '192.0.2.1', dstAddr: '192.0.2.2' }

  test.each<[what: string, payload: Uint8Array, reason: DecodeReason | undefined, PlainFlow[]]>([
    [
      'a FlowSet of length 0, which has the length of its header in it: RFC 3954 5.2',
      netflow9({}, hex('0100 0000')),
      'bad-length',
      [],
    ],
    [
      'zeros behind the last FlowSet, as Palo Alto sends them: it takes them for FlowSets of length 0',
      netflow9({}, addresses, record, zeros(8)),
      undefined,
      [flow],
    ],
    [
      'data of a template whose records have no bytes, as Cisco ACI sends it: RFC 3954 5.2',
      netflow9({}, templateFlowSet(257, [8, 0]), addresses, record, flowSet(257, zeros(4))),
      'bad-template',
      [flow],
    ],
    [
      'a template FlowSet of length 0',
      netflow9({}, addresses, record, hex('0000 0000 0001')),
      'bad-length',
      [flow],
    ],
  ])('%s', async (_, payload, reason, flows) => {
    const run = decoded()
    expect(run.decode(payload)).toBe(reason)
    expect(run.flows).toMatchObject(flows)
    expect(run.flows).toHaveLength(flows.length)
    expect(await askNodeNetflowV9([{ source: source(), payload }], 500)).toBe(undefined)
  })
})
