// Fixtures recorded from real exporters, against what independent readers printed for them: see
// test/fixtures/README.md.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeCommand } from '../../netmon/decode/command.ts'
import { bytes, hex, u16, u32, zeros } from '../build/bytes.ts'
import { pcap, pcapng, section } from '../build/capture.ts'
import { ethernet, ipv4, ipv6, udp, vlanTag } from '../build/packet.ts'
import { readCapture } from '../build/pcap.ts'

interface ExpectedFlow {
  src_addr: string
  dst_addr: string
  proto: number
  src_port?: number
  dst_port?: number
  icmp_type?: number
  icmp_code?: number
  tcp_flags: number
  bytes: number
  packets: number
  sampling_rate?: number
  start_ms?: number
  end_ms?: number
}

interface Expected {
  datagrams: number
  /** As announced; absent when the exporter announces none. */
  sampling_rate?: number
  flow_count: number
  bytes: number
  packets: number
  flows: ExpectedFlow[]
}

type Flow = Record<string, string | number>

const fixtures = resolve(import.meta.dirname, '../fixtures')

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'decode-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function collector() {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  return { stream, text: () => text }
}

async function decode(...files: string[]) {
  const stdout = collector()
  const stderr = collector()
  const exitCode = await decodeCommand(files, { stdout: stdout.stream, stderr: stderr.stream })
  const lines = stdout.text().split('\n')
  expect(lines.pop()).toBe('')
  const flows = lines.map((line) => JSON.parse(line) as Flow)
  return { exitCode, flows, stderr: stderr.text() }
}

function expectedOf(name: string): Expected {
  return JSON.parse(readFileSync(join(fixtures, `${name}.expected.json`), 'utf8')) as Expected
}

function temporary(name: string, content: Uint8Array | string): string {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

/** The part of a decoded flow that `like` has. */
function comparable(flow: Flow, like: ExpectedFlow): ExpectedFlow {
  const number = (name: string) => Number(flow[name] ?? 0)
  const ms = (name: string) => Number(BigInt(flow[name] ?? 0) / 1_000_000n)
  return {
    src_addr: String(flow['src_addr']),
    dst_addr: String(flow['dst_addr']),
    proto: number('proto'),
    ...(like.icmp_type === undefined
      ? { src_port: number('src_port'), dst_port: number('dst_port') }
      : { icmp_type: number('icmp_type'), icmp_code: number('icmp_code') }),
    tcp_flags: number('tcp_flags'),
    bytes: number('bytes'),
    packets: number('packets'),
    ...(like.sampling_rate !== undefined && { sampling_rate: number('sampling_rate') }),
    ...(like.start_ms !== undefined && {
      start_ms: ms('time_flow_start_ns'),
      end_ms: ms('time_flow_end_ns'),
    }),
  }
}

function expectFlows(flows: readonly Flow[], expected: Expected): void {
  const total = (name: string) => flows.reduce((sum, flow) => sum + Number(flow[name]), 0)
  expect(flows.length).toBe(expected.flow_count)
  expect(total('bytes')).toBe(expected.bytes)
  expect(total('packets')).toBe(expected.packets)
  expect(flows.map((flow, i) => comparable(flow, expected.flows[i]!))).toEqual(expected.flows)
}

describe('captures of real exporters', () => {
  test.each([
    ['softflowd-v5', 'NETFLOW_V5', '127.0.0.1'],
    ['softflowd-v9', 'NETFLOW_V9', '127.0.0.1'],
    ['softflowd-ipfix', 'IPFIX', '127.0.0.1'],
    ['pmacct-nfprobe-v9', 'NETFLOW_V9', '127.0.0.1'],
    ['pmacct-nfprobe-ipfix', 'IPFIX', '127.0.0.1'],
    ['pmacct-sfprobe-sflow', 'SFLOW_5', '192.0.2.254'],
  ])('%s', async (name, type, sampler) => {
    const expected = expectedOf(name)
    const { exitCode, flows, stderr } = await decode(join(fixtures, `${name}.pcap`))
    expectFlows(flows, expected)
    for (const flow of flows) {
      expect(flow).toMatchObject({ type, sampler_address: sampler })
      if (type === 'SFLOW_5') continue // a rate for each sample, compared above
      expect(flow['sampling_rate']).toBe(expected.sampling_rate ?? 1)
      // 1 says that the exporter announced it; absent, 0, that 1 is assumed.
      expect(flow['sampling_source']).toBe(expected.sampling_rate === undefined ? undefined : 1)
    }
    const { datagrams, flow_count } = expected
    expect(stderr).toBe(`${datagrams} packets, ${datagrams} datagrams, ${flow_count} flows\n`)
    expect(exitCode).toBe(0)
  })

  test('the time received is the time of capture', async () => {
    const path = join(fixtures, 'softflowd-v5.pcap')
    const file = readFileSync(path)
    const micros = BigInt(file.readUInt32LE(24)) * 1_000_000n + BigInt(file.readUInt32LE(28))
    const { flows } = await decode(path)
    expect(flows[0]?.['time_received_ns']).toBe(String((micros / 1_000n) * 1_000_000n))
  })
})

describe('the same export', () => {
  const expected = expectedOf('softflowd-v9')
  const exported = readCapture(join(fixtures, 'softflowd-v9.pcap')).map(({ payload }) => payload)
  const packets = exported.map((payload) => ipv4({}, udp(50_000, 2055, payload)))
  const overIpv6 = exported.map((payload) => ipv6({}, udp(50_000, 2055, payload)))
  const cooked = (packet: Uint8Array) => bytes(hex('0000 0001 0006'), zeros(8), hex('0800'), packet)
  const cooked2 = (packet: Uint8Array) =>
    bytes(hex('0800 0000 00000001 0001 00 06'), zeros(8), packet)
  // The export is of January 2026: on no account received before.
  const as = (frames: Uint8Array[]) =>
    frames.map((bytes) => ({ bytes, timeNs: 1_780_000_000_000_000_000n }))
  const simple = section(false)

  test.each([
    ['big-endian pcap', pcap(as(packets.map((p) => ethernet(0x0800, p))), { littleEndian: false })],
    ['pcap of nanoseconds', pcap(as(packets), { nanoseconds: true, linkType: 101 })],
    ['pcapng', pcapng(as(packets.map((p) => ethernet(0x0800, p))))],
    ['big-endian pcapng', pcapng(as(packets), { littleEndian: false, linkType: 228 })],
    [
      'pcapng of simple packets',
      bytes(simple.header(), simple.interface(101, 0), ...packets.map((p) => simple.simple(p))),
    ],
    ['a VLAN', pcap(as(packets.map((p) => ethernet(0x8100, vlanTag(100, 0x0800, p)))))],
    [
      'a VLAN in a VLAN',
      pcap(as(packets.map((p) => ethernet(0x88a8, vlanTag(1, 0x8100, vlanTag(2, 0x0800, p)))))),
    ],
    ['Linux cooked', pcap(as(packets.map(cooked)), { linkType: 113 })],
    ['Linux cooked 2', pcap(as(packets.map(cooked2)), { linkType: 276 })],
    ['raw IPv6', pcap(as(overIpv6), { linkType: 101 })],
    ['loopback', pcap(as(packets.map((p) => bytes(hex('02000000'), p))), { linkType: 0 })],
    [
      'fragments',
      pcap(
        as(
          exported.flatMap((payload, id) => {
            const datagram = udp(50_000, 2055, payload)
            const [at, offset] = [504, 504 / 8]
            return [
              ipv4({ id, fragment: offset }, datagram.subarray(at)),
              ipv4({ id, fragment: 0x2000 }, datagram.subarray(0, at)),
            ]
          }),
        ),
        { linkType: 101 },
      ),
    ],
  ])('in %s', async (name, content) => {
    const { exitCode, flows, stderr } = await decode(temporary('capture', content))
    expectFlows(flows, expected)
    expect(flows[0]?.['sampler_address']).toBe(name === 'raw IPv6' ? '2001:db8::10' : '192.0.2.10')
    expect(stderr).toMatch(/^\d packets, 4 datagrams, 82 flows\n$/)
    expect(exitCode).toBe(0)
  })

  test('in two files: the second needs the templates of the first', async () => {
    const files = [as(packets.slice(0, 1)), as(packets.slice(1))].map((part, i) =>
      temporary(`part${i}`, pcap(part, { linkType: 101 })),
    )
    const { flows } = await decode(...files)
    expectFlows(flows, expected)

    const { exitCode, flows: none, stderr } = await decode(files[1]!)
    expect(none).toEqual([])
    expect(stderr).toMatch(/^3 packets, 3 datagrams, 0 flows\n.*: \d+ unknown-template\n$/s)
    expect(exitCode).toBe(1)
  })

  test('in two files the wrong way round: data waits for the templates', async () => {
    const files = [as(packets.slice(1)), as(packets.slice(0, 1))].map((part, i) =>
      temporary(`reversed${i}`, pcap(part, { linkType: 101 })),
    )
    const { exitCode, flows, stderr } = await decode(...files)
    expect(flows).toHaveLength(expected.flow_count)
    expect(flows.reduce((sum, flow) => sum + Number(flow['bytes']), 0)).toBe(expected.bytes)
    expect(stderr).toMatch(/^\d packets, 4 datagrams, 82 flows\n$/)
    expect(exitCode).toBe(0)
  })

  test('among other packets', async () => {
    const others = [
      ethernet(0x0806, zeros(28)),
      ethernet(0x0800, ipv4({}, udp(53, 53, hex('beef 8180')))),
      ethernet(0x0800, packets[0]!.subarray(0, 96)),
      ethernet(0x0800, ipv4({ fragment: 0x2000 }, zeros(64))),
    ]
    const frames = [...others, ...packets.map((packet) => ethernet(0x0800, packet))]
    const { exitCode, flows, stderr } = await decode(temporary('mixed', pcap(as(frames))))
    expectFlows(flows, expected)
    expect(stderr.split('\n')).toEqual([
      '8 packets, 5 datagrams, 82 flows',
      'packets without a datagram: 1 not-udp, 1 truncated',
      'datagrams not put together: 1 fragments missing',
      'datagrams not decoded, or in part: 1 unknown-version',
      '',
    ])
    expect(exitCode).toBe(0)
  })

  test('cut off in the middle of a packet: what stands before is decoded', async () => {
    const whole = pcap(as(packets), { linkType: 101 })
    const path = temporary('cut', whole.subarray(0, -10))
    const { exitCode, flows, stderr } = await decode(path)
    const first = exported.slice(0, -1)
    expect(flows.length).toBeGreaterThan(first.length)
    expectFlows(flows, { ...expected, ...totals(expected.flows.slice(0, flows.length)) })
    expect(stderr).toContain(`netmon decode: ${path} ends within the packet that begins at byte `)
    expect(exitCode).toBe(0)
  })
})

function totals(flows: ExpectedFlow[]) {
  const sum = (name: 'bytes' | 'packets') => flows.reduce((total, flow) => total + flow[name], 0)
  return { flow_count: flows.length, bytes: sum('bytes'), packets: sum('packets'), flows }
}

describe('what cannot be read', () => {
  const good = join(fixtures, 'softflowd-v5.pcap')

  test('a missing file is named, and the others are decoded', async () => {
    const missing = join(directory, 'missing.pcap')
    const { exitCode, flows, stderr } = await decode(missing, good)
    expect(flows).toHaveLength(52)
    expect(stderr.split('\n')[0]).toBe(`netmon decode: ${missing} does not exist`)
    expect(exitCode).toBe(1)
  })

  test('a directory is one', async () => {
    const { exitCode, stderr } = await decode(directory)
    expect(stderr).toBe(`netmon decode: ${directory} is a directory\n`)
    expect(exitCode).toBe(1)
  })

  test('a file that is no capture', async () => {
    const path = temporary('text', 'src,dst,bytes\n')
    const { exitCode, stderr } = await decode(path)
    expect(stderr).toBe(
      `netmon decode: ${path} is neither pcap nor pcapng: it begins with the bytes 7372632c\n`,
    )
    expect(exitCode).toBe(1)
  })

  test('no file at all is a wrong call', async () => {
    const { exitCode, stderr } = await decode()
    expect(stderr).toBe('netmon decode: name the capture files to decode\n')
    expect(exitCode).toBe(2)
  })
})

describe('the reader of stdout', () => {
  // Some 20 MB of JSON: much more than is written at once.
  const record = bytes(hex('c0000201 c6336401 00000000'), zeros(36))
  const datagram = bytes(
    u16(5),
    u16(30),
    u32(1000),
    u32(1_767_225_600),
    zeros(12),
    ...Array(30).fill(record),
  )
  const many = Array.from({ length: 2_000 }, () => ({ bytes: ipv4({}, udp(1, 2, datagram)) }))
  let path = ''
  beforeAll(() => {
    path = temporary('many', pcap(many, { linkType: 101 }))
  })

  test('that is slow is waited for', async () => {
    let waiting = 0
    let most = 0
    let lines = 0
    const stdout = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        most = Math.max(most, ++waiting)
        lines += chunk.toString().split('\n').length - 1
        setImmediate(() => {
          waiting--
          done()
        })
      },
    })
    expect(await decodeCommand([path], { stdout, stderr: collector().stream })).toBe(0)
    expect(lines).toBe(60_000)
    expect(most).toBe(1)
    expect(stdout.writableLength).toBe(0)
  })

  test('that has read enough ends it without a word', async () => {
    let writes = 0
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        done(++writes < 2 ? null : Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      },
    })
    const stderr = collector()
    // Read to its end it would be found to be cut off; and the other is not there.
    const files = [temporary('cut', readFileSync(path).subarray(0, -1)), `${path}.missing`]
    expect(await decodeCommand(files, { stdout, stderr: stderr.stream })).toBe(0)
    expect(stderr.text()).toBe('')
    expect(writes).toBe(2)
  })

  test('whose disk is full is told', async () => {
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }))
      },
    })
    const stderr = collector()
    expect(await decodeCommand([path], { stdout, stderr: stderr.stream })).toBe(1)
    expect(stderr.text()).toBe(
      'netmon decode: cannot write to stdout: ENOSPC: no space left on device\n',
    )
  })
})
