import { resolve } from 'node:path'
import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
import { FlowRecord } from '../../../collector/flow.ts'
import { NumberList } from '../../../collector/number-list.ts'
import { flowToJson } from '../../../collector/sink/flow-json.ts'

test('an empty flow has the zeros that mean something', () => {
  expect(flowToJson(new FlowRecord())).toBe(
    '{"bytes":0,"packets":0,"proto":0,"src_port":0,"dst_port":0,"tcp_flags":0}',
  )
})

test('a flow is one line with the names of the schema in the order of their numbers', () => {
  const flow = new FlowRecord()
  flow.type = 3
  flow.samplingRate = 1000
  flow.samplingSource = 2
  flow.srcAddr.set(Uint8Array.of(192, 0, 2, 1), 0, 4)
  flow.dstAddr.set(Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 0, 16)
  flow.bytesLow = 1500
  flow.packetsLow = 3
  flow.proto = 17
  flow.dstPort = 53
  flow.srcMac = 0x00005e005301
  for (const as of [64500, 64501]) flow.asPath.push(as)
  flow.mplsIp.push(Uint8Array.of(198, 51, 100, 7))
  flow.timeReceivedSeconds = 1700000000
  flow.timeReceivedNanos = 42
  flow.applicationId.set([13, 0, 0, 80])
  flow.applicationIdLength = 4
  expect(flowToJson(flow)).toBe(
    '{"type":"NETFLOW_V9","sampling_rate":1000,"src_addr":"192.0.2.1","dst_addr":"2001:db8::1",' +
      '"bytes":1500,"packets":3,"proto":17,"src_port":0,"dst_port":53,"tcp_flags":0,' +
      '"src_mac":"00:00:5e:00:53:01","mpls_ip":["198.51.100.7"],"as_path":[64500,64501],' +
      '"time_received_ns":"1700000000000000042","sampling_source":2,"application_id":"0d000050"}',
  )
})

test.each([
  [0, 0, '"bytes":0'],
  [2 ** 21 - 1, 2 ** 32 - 1, '"bytes":9007199254740991'], // 2^53 - 1
  [2 ** 21, 0, '"bytes":"9007199254740992"'],
  [2 ** 21, 1, '"bytes":"9007199254740993"'],
  [2 ** 32 - 1, 2 ** 32 - 1, '"bytes":"18446744073709551615"'],
])('a counter of the halves %i and %i is exact', (high, low, text) => {
  const flow = new FlowRecord()
  flow.bytesHigh = high
  flow.bytesLow = low
  expect(flowToJson(flow)).toContain(`${text},`)
})

test.each([
  [0, 7, '"7"'],
  [1, 7, '"1000000007"'],
  [4294967295, 999999999, '"4294967295999999999"'],
])('%i s and %i ns', (seconds, nanos, text) => {
  const flow = new FlowRecord()
  flow.timeFlowEndSeconds = seconds
  flow.timeFlowEndNanos = nanos
  expect(flowToJson(flow)).toContain(`"time_flow_end_ns":${text}`)
})

test('with everything set, every field of the schema is there', () => {
  const flow = new FlowRecord()
  for (const [name, value] of Object.entries(flow)) {
    if (Array.isArray(value)) value.push(new Uint8Array(4))
    else if (value instanceof NumberList) value.push(1)
    else if (typeof value === 'number') Object.assign(flow, { [name]: 1 })
    else if (!(value instanceof Uint8Array)) value.length = 4
  }
  flow.applicationIdLength = 4
  const path = resolve(import.meta.dirname, '../../../schema/flow.proto')
  const schema = new protobuf.Root().loadSync(path, { keepCase: true })
  const fields = schema.lookupType('flowpb.FlowMessage').fieldsArray
  expect(Object.keys(JSON.parse(flowToJson(flow)))).toEqual(
    fields.toSorted((a, b) => a.id - b.id).map((field) => field.name),
  )
})
