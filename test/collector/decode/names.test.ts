// Names in options data: interfaces and samplers (RFC 3954 6), applications (RFC 6759 4), VRFs (Cisco).

import { expect, test } from 'vitest'
import { createDecoder } from '../../../collector/decode/decode.ts'
import type { LearnedName } from '../../../collector/decode/learned-name.ts'
import { readText } from '../../../collector/decode/name-elements.ts'
import { bytes, hex, type Part, u8, u16, u32, zeros } from '../../build/bytes.ts'
import { receivedMs, source } from '../../build/decoded.ts'
import {
  type Field,
  ipfix,
  optionsTemplateSet,
  set,
  templateSet,
  variable,
  variableLength,
} from '../../build/ipfix.ts'
import { type Field9, flowSet, netflow9, optionsTemplateFlowSet } from '../../build/netflow9.ts'

const seconds = 1_700_000_000

/** The names that datagrams from 192.0.2.1 tell. */
function namesIn(...datagrams: Uint8Array[]): LearnedName[] {
  const names: LearnedName[] = []
  const { decode } = createDecoder({
    emit: () => {},
    learnName: (name) => void names.push(name),
  })
  for (const datagram of datagrams) decode(datagram, source(), receivedMs)
  return names
}

const text = (value: string) => Uint8Array.from(Buffer.from(value))
/** A string of fixed length, filled up with NUL. */
const padded = (value: string, length: number) =>
  bytes(text(value), zeros(length - text(value).length))

type Value = readonly [id: number, value: Uint8Array]
const sizes = (values: readonly Value[]) => values.map(([id, value]): Field9 => [id, value.length])
const contents = (values: readonly Value[]) => values.map(([, value]): Part => value)

/** One options record of NetFlow v9 with these fields. */
function options9(fields: readonly Value[], scopes: readonly Value[] = [[1, u32(1)]]): Uint8Array {
  return netflow9(
    { seconds, sourceId: 9 },
    optionsTemplateFlowSet(257, sizes(scopes), sizes(fields)),
    flowSet(257, ...contents(scopes), ...contents(fields)),
  )
}

/** The same of IPFIX, with fields of variable length. */
function options(fields: readonly Value[], scopes: readonly Value[] = [[143, u32(1)]]): Uint8Array {
  const ids = (values: readonly Value[]) => values.map(([id]): Field => [id, variable])
  const content = [...scopes, ...fields].map(([, value]) => variableLength(value))
  return ipfix(
    { exportTime: seconds, domainId: 9 },
    optionsTemplateSet(257, ids(scopes), ids(fields)),
    set(257, ...content),
  )
}

const told = { exporter: '192.0.2.1', observationDomainId: 9, receivedMs }

test.each<[name: string, fields: Value[], expected: Partial<LearnedName>]>([
  [
    'an interface, by its index, with name and description',
    [
      [10, u16(12)],
      [82, padded('Gi0/1', 16)],
      [83, padded('uplink to Bern', 32)],
    ],
    { kind: 'interface', id: '12', name: 'Gi0/1', description: 'uplink to Bern' },
  ],
  [
    'an interface, by its index at egress',
    [
      [14, u32(369_098_852)],
      [82, text('xe-0/0/1')],
    ],
    { kind: 'interface', id: '369098852', name: 'xe-0/0/1', description: '' },
  ],
  [
    'an interface with only a description, as IOS XR has it',
    [
      [10, u32(110)],
      [83, padded('TenGigE0_6_1_0', 64)],
    ],
    { kind: 'interface', id: '110', name: 'TenGigE0_6_1_0', description: '' },
  ],
  [
    'an application, by its id in hex',
    [
      [95, hex('0d0001e3')],
      [96, padded('ms-office-365', 24)],
      [94, padded('Microsoft Office 365', 55)],
    ],
    {
      kind: 'application',
      id: '0d0001e3',
      name: 'ms-office-365',
      description: 'Microsoft Office 365',
    },
  ],
  [
    'a VRF at ingress',
    [
      [234, u32(0x60000001)],
      [236, padded('customer-7', 32)],
    ],
    { kind: 'vrf', id: '1610612737', name: 'customer-7', description: '' },
  ],
  [
    'a VRF at egress',
    [
      [235, u32(5)],
      [236, text('blue')],
    ],
    { kind: 'vrf', id: '5', name: 'blue', description: '' },
  ],
  [
    'the VRF with the id 0',
    [
      [234, u32(0)],
      [236, text('default')],
    ],
    { kind: 'vrf', id: '0', name: 'default', description: '' },
  ],
  [
    'a sampler',
    [
      [48, u8(3)],
      [84, padded('1-in-1000', 16)],
      [50, u32(1000)],
    ],
    { kind: 'sampler', id: '3', name: '1-in-1000', description: '' },
  ],
  [
    'the sampler with the id 0',
    [
      [48, u8(0)],
      [84, text('none')],
    ],
    { kind: 'sampler', id: '0', name: 'none', description: '' },
  ],
  [
    'a selector',
    [
      [302, u32(70_000)],
      [335, text('edge')],
    ],
    { kind: 'sampler', id: '70000', name: 'edge', description: '' },
  ],
])('options data names %s', (_, fields, expected) => {
  expect(namesIn(options9(fields))).toEqual([{ ...told, ...expected }])
  expect(namesIn(options(fields))).toEqual([{ ...told, ...expected }])
})

test('the scope names an interface: by scope id 2 in NetFlow v9, by an element in IPFIX', () => {
  const fields: Value[] = [[82, text('Gi0/1')]]
  const expected = [{ ...told, kind: 'interface', id: '12', name: 'Gi0/1', description: '' }]
  expect(namesIn(options9(fields, [[2, u32(12)]]))).toEqual(expected)
  expect(namesIn(options(fields, [[10, u32(12)]]))).toEqual(expected)
})

test('one record may name an interface and its VRF', () => {
  const names = namesIn(
    options([
      [10, u32(12)],
      [82, text('Gi0/1')],
      [234, u32(5)],
      [236, text('blue')],
    ]),
  )
  expect(names.map(({ kind, id, name }) => [kind, id, name])).toEqual([
    ['interface', '12', 'Gi0/1'],
    ['vrf', '5', 'blue'],
  ])
})

test.each<[name: string, fields: Value[]]>([
  ['without a name', [[10, u32(12)]]],
  [
    'with an empty name',
    [
      [10, u32(12)],
      [82, zeros(16)],
    ],
  ],
  ['with a name of nothing', [[82, text('Gi0/1')]]],
  [
    'with the name of interface 0, which is none',
    [
      [10, u32(0)],
      [82, text('Null0')],
    ],
  ],
  [
    'with the name of another thing than it numbers',
    [
      [10, u32(12)],
      [96, text('http')],
    ],
  ],
])('a record %s names nothing', (_, fields) => {
  expect(namesIn(options9(fields))).toEqual([])
})

test('each record has its own names, and each is told again', () => {
  const template = optionsTemplateFlowSet(
    257,
    [[1, 4]],
    [
      [10, 4],
      [82, 4],
    ],
  )
  const one = (index: number, name: string) => bytes(u32(1), u32(index), padded(name, 4))
  const datagram = netflow9(
    { seconds },
    template,
    flowSet(257, one(1, 'a'), one(2, ''), one(3, 'c')),
  )
  const names = namesIn(datagram, datagram)
  expect(names.map(({ id, name }) => [id, name])).toEqual([
    ['1', 'a'],
    ['3', 'c'],
    ['1', 'a'],
    ['3', 'c'],
  ])
})

test('names in the records of flows are not taken: they would come with every flow', () => {
  const data = templateSet(256, [10, 4], [82, variable])
  const message = ipfix(
    { exportTime: seconds },
    data,
    set(256, u32(12), variableLength(text('Gi0/1'))),
  )
  expect(namesIn(message)).toEqual([])
})

test.each<[name: string, value: Uint8Array, expected: string]>([
  ['ends at the first NUL, whatever was left behind it', hex('4769302f3100303000'), 'Gi0/1'],
  ['keeps what is UTF-8', text('Zürich → 東京 🚄'), 'Zürich → 東京 🚄'],
  ['has U+FFFD for what is not', hex('5a fc 72'), 'Z\ufffdr'],
  ['loses control characters', text('a\u001b[31mb\r\nc\u007f\u0085d'), 'a[31mbcd'],
  ['loses spaces around it', text('  Gi0/1 '), 'Gi0/1'],
  ['is cut after 255 characters', text('x'.repeat(300)), 'x'.repeat(255)],
  ['is cut between characters, not within', text('🚄'.repeat(300)), '🚄'.repeat(255)],
  ['of no bytes is empty', zeros(0), ''],
])('a text %s', (_, value, expected) => {
  const around = bytes(text('before'), value, text('behind'))
  expect(readText(around, 6, value.length)).toBe(expected)
})
