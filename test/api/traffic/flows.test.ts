import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApp } from '../../../api/app.ts'
import { createConfiguration } from '../../../rules/configuration/configuration.ts'
import { createLog } from '../../../runtime/log.ts'
import { type Send, sender } from '../../build/api.ts'
import { startTestDatabase, type TestDatabase } from '../../build/database.ts'

/** Seconds since 1970. */
const now = Math.floor(Date.now() / 1000)

let database: TestDatabase
let send: Send
let request: (path: string) => Response | Promise<Response>

beforeAll(async () => {
  database = await startTestDatabase()
  const { client: store, migrations } = database
  const app = createApp({
    configuration: createConfiguration(store, Date.now),
    store,
    migrations,
    access: { token: undefined, hosts: undefined },
    log: createLog('test', 'silent'),
    storage: () => undefined,
    now: () => now * 1000,
  })
  send = sender(app)
  request = (path) => app.request(path)
})
afterAll(() => database.remove())
beforeEach(() => database.empty('raw'))

interface Page {
  result: Record<string, unknown>[]
  result_info: { count: number; cursor: string | null }
}

async function page(parameters: string): Promise<Page> {
  const answer = await send('GET', `/flows?${parameters}`)
  expect(answer.status, answer.text).toBe(200)
  return answer.body as unknown as Page
}

/** `count` flows of each of these seconds before now, numbered in src_as; `copies` of each. */
async function put(seconds: readonly number[], count: number, copies = 1): Promise<void> {
  await database.client.command({
    query: `INSERT INTO ingest (time_received_ns, src_addr, dst_addr, bytes, packets, sampling_rate, proto, src_as, mpls_label)
      SELECT (${now} - second) * 1000000000, unhex('c0000201'), unhex('c0000202'), 100, 1, 1, if(n % 2 = 0, 6, 17), 1000 * second + n, [n]
      FROM (SELECT arrayJoin([${seconds.join()}]) AS second, number AS n FROM numbers(${count}))
      ARRAY JOIN range(${copies}) AS copy`,
  })
}

/** Numbers of all flows, page after page, in the order that they were told in. */
async function walk(parameters: string, meanwhile = async () => {}): Promise<number[]> {
  const numbers: number[] = []
  let cursor: string | null = ''
  for (let pages = 0; cursor !== null; pages++) {
    expect(pages).toBeLessThan(500)
    const { result, result_info }: Page = await page(`${parameters}&cursor=${cursor}`)
    expect(result_info.count).toBe(result.length)
    numbers.push(...result.map((flow) => flow['src_as'] as number))
    cursor = result_info.cursor
    if (pages === 1) await meanwhile()
  }
  return numbers
}

const times = (numbers: readonly number[]) => {
  const counts = new Map<number, number>()
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1)
  return counts
}

test('pages visit every flow once, newest first, also those that nobody can tell apart', async () => {
  // Three flows in each of which there are four alike, some in one second, and some hours ago.
  const seconds = [1, 2, 3, 90, 5000, 80_000]
  await put(seconds, 3, 4)
  await put([2], 40)
  for (const limit of [7, 100]) {
    const numbers = await walk(`limit=${limit}`)
    expect(numbers).toHaveLength(6 * 12 + 40)
    const ages = numbers.map((number) => Math.floor(number / 1000))
    expect(ages).toEqual(ages.toSorted((a, b) => a - b))
    const counts = times(numbers)
    for (const second of seconds) {
      for (const n of [0, 1, 2]) expect(counts.get(1000 * second + n)).toBe(second === 2 ? 5 : 4)
    }
    for (let n = 3; n < 40; n++) expect(counts.get(2000 + n)).toBe(1)
  }
})

test('flows that come while pages are read repeat and hide none', async () => {
  await put([10, 20, 30], 20)
  const numbers = await walk('limit=7', () => put([0, 5, 15], 30))
  const counts = times(numbers)
  for (const second of [10, 20, 30]) {
    for (let n = 0; n < 20; n++) expect(counts.get(1000 * second + n)).toBe(1)
  }
})

test('a filter and a range choose', async () => {
  await put([10, 4000], 10)
  expect(await walk('limit=3&filter=proto = tcp')).toHaveLength(10)
  const from = new Date((now - 60) * 1000).toISOString()
  expect(await walk(`limit=3&filter=NOT proto = tcp&from=${from}`)).toHaveLength(5)
  expect(await walk('filter=src_as = 10003')).toEqual([10_003])
  expect(await walk('filter=src_addr << 10.0.0.0/8')).toEqual([])
})

test('what cannot be asked is told', async () => {
  const errors = async (parameters: string) => {
    const { status, body } = await send('GET', `/flows?${parameters}`)
    return [status, body.errors[0]?.message]
  }
  const days = `from=${new Date((now - 3 * 86_400) * 1000).toISOString()}`
  expect(await errors(days)).toEqual([
    422,
    'flows are read for at most 24 hours at once, and this is 72 hours',
  ])
  expect(await errors('filter=prefix = 10.0.0.0/8')).toEqual([
    422,
    'flows have no prefix: name its addresses by src_addr << or dst_addr <<',
  ])
  expect(await errors('filter=proto =')).toEqual([
    400,
    'filter: expected a protocol by name or number (0 to 255), not the end, at character 8',
  ])
  for (const cursor of [
    'x',
    'bnVsbA',
    Buffer.from('[1,2,3,"18446744073709551616",1]').toString('base64url'),
  ]) {
    expect(await errors(`cursor=${cursor}`)).toEqual([
      400,
      'cursor must be one that an answer gave',
    ])
  }
  expect(await errors('filter=exporter = nobody')).toEqual([
    422,
    'there is no router called "nobody"',
  ])
})

test('a flow is told as `netmon decode` writes it', async () => {
  const received = BigInt(now - 5) * 1_000_000_000n
  await database.client.command({
    query: `INSERT INTO ingest (type, sampling_rate, sequence_num, src_addr, dst_addr, bytes, packets, sampler_address, next_hop, src_as, dst_as,
        src_net, dst_net, in_if, out_if, proto, src_port, dst_port, ip_tos, ip_ttl, tcp_flags, src_mac, vlan_id, etype, mpls_label, mpls_ip,
        layer_stack, layer_size, as_path, time_received_ns, time_flow_start_ns, time_flow_end_ns, sampling_source, udp_source, application_id)
      VALUES (3, 1000, 7, unhex('c0000201'), unhex('20010db8000000000000000000000001'), 18446744073709551615, 3, unhex('c6336401'),
        unhex('cb007101'), 64500, 64501, 24, 48, 5, 6, 6, 443, 0, 8, 64, 18, 0x0a0b0c0d0e0f, 100, 34525, [16, 17], [unhex('c0000203')],
        [0, 2, 3], [14, 40, 20], [1, 2], ${received}, ${received - 1_500_000_000n}, ${received - 250_000_000n}, 1, unhex('c6336402'), unhex('030000AB'))`,
  })
  await put([9], 1)
  const { result } = await page('')
  expect(result[0]).toEqual({
    type: 'NETFLOW_V9',
    sampling_rate: 1000,
    sequence_num: 7,
    src_addr: '192.0.2.1',
    dst_addr: '2001:db8::1',
    bytes: '18446744073709551615',
    packets: 3,
    sampler_address: '198.51.100.1',
    next_hop: '203.0.113.1',
    src_as: 64_500,
    dst_as: 64_501,
    src_net: 24,
    dst_net: 48,
    in_if: 5,
    out_if: 6,
    proto: 6,
    src_port: 443,
    dst_port: 0,
    ip_tos: 8,
    ip_ttl: 64,
    tcp_flags: 18,
    src_mac: '0a:0b:0c:0d:0e:0f',
    vlan_id: 100,
    etype: 34_525,
    mpls_label: [16, 17],
    mpls_ip: ['192.0.2.3'],
    as_path: [1, 2],
    layer_stack: [0, 2, 3],
    layer_size: [14, 40, 20],
    time_received_ns: `${received}`,
    time_flow_start_ns: `${received - 1_500_000_000n}`,
    time_flow_end_ns: `${received - 250_000_000n}`,
    sampling_source: 1,
    udp_source: '198.51.100.2',
    application_id: '030000ab',
  })
  expect(result[1]).toMatchObject({ src_as: 9000, src_port: 0, dst_port: 0, tcp_flags: 0 })
  expect(result[1]).not.toHaveProperty('next_hop')
})

test('CSV has a column for each field, and names the next page in a header', async () => {
  await put([1, 2], 2)
  const response = await request('/flows?format=csv&limit=3')
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
  const lines = (await response.text()).split('\r\n')
  expect(lines).toHaveLength(5)
  expect(lines[0]).toMatch(/^type,sampling_rate,sequence_num,src_addr,/)
  expect(lines[1]?.split(',').slice(0, 6)).toEqual(['', '1', '', '192.0.2.1', '192.0.2.2', '100'])
  const cursor = response.headers.get('x-next-cursor')
  const last = await (await request(`/flows?format=csv&limit=3&cursor=${cursor}`)).text()
  expect(last.split('\r\n')).toHaveLength(3)
})
