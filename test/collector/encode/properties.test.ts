// What protobufjs reads out of encoded flows, field by field. Flows are made from the schema: a field that is added to it is
// tested without being named here.

import path from 'node:path'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
import { encodeFlow, maxFlowBytes } from '../../../collector/encode/encode.ts'
import { type Address, FlowRecord } from '../../../collector/flow.ts'
import { packageRoot } from '../../../runtime/package-root.ts'

const FlowMessage = new protobuf.Root()
  .loadSync(path.join(packageRoot, 'schema', 'flow.proto'), { keepCase: true })
  .lookupType('flowpb.FlowMessage')

/** In the terms of the schema: 64-bit integers as bigint, bytes in hex. */
type Value = number | bigint | string | number[] | string[]
type Message = Record<string, Value>

const uint32 = fc.oneof(
  fc.constantFrom(0, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32 - 1),
  fc.nat(0xffff_ffff),
)
const uint64 = fc.oneof(
  fc.constantFrom(0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
)
/** Up to 2^32 seconds. */
const nanoseconds = fc.bigInt({ min: 0n, max: 2n ** 32n * 1_000_000_000n - 1n })
/** What a flow holds in one number. */
const uint53 = fc.bigInt({ min: 0n, max: 2n ** 53n - 1n })
const address = fc
  .oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 15, maxLength: 15 }),
  )
  // Of 16 bytes, none that are IPv4-mapped: those are kept as 4.
  .map((bytes) => hex(bytes.length === 4 ? bytes : Uint8Array.of(0x20, ...bytes)))
const applicationId = fc.uint8Array({ minLength: 1, maxLength: 16 }).map(hex)

const uint64Halves = ['bytes', 'packets']
const enumValues = (field: protobuf.Field) =>
  fc.constantFrom(...Object.values((field.resolvedType as protobuf.Enum).values))

function anyValue(field: protobuf.Field, list = { maxLength: 8 }): fc.Arbitrary<Value> {
  const { name, type } = field.resolve()
  if (type === 'bytes') {
    const value = name === 'application_id' ? applicationId : address
    return field.repeated ? fc.array(value, list) : fc.oneof(fc.constant(''), value)
  }
  if (type === 'uint64') {
    if (name.endsWith('_ns')) return nanoseconds
    return uint64Halves.includes(name) ? uint64 : uint53
  }
  const value = field.resolvedType === null ? uint32 : enumValues(field)
  return field.repeated ? fc.array(value, list) : value
}

const anyMessage: fc.Arbitrary<Message> = fc.record(
  Object.fromEntries(FlowMessage.fieldsArray.map((field) => [field.name, anyValue(field)])),
)

/** The flow that `message` tells. Its fields have the schema's names but for their case. */
function flowOf(message: Message): FlowRecord {
  const flow = new FlowRecord()
  const fields = flow as unknown as Record<string, unknown>
  for (const [name, value] of Object.entries(message)) {
    const field = name === 'sequence_num' ? 'sequenceNumber' : camelCase(name)
    if (name === 'application_id') {
      flow.applicationId.set(fromHex(value as string))
      flow.applicationIdLength = fromHex(value as string).length
    } else if (name.endsWith('_ns')) {
      fields[`${camelCase(name.slice(0, -3))}Seconds`] = Number((value as bigint) / 1_000_000_000n)
      fields[`${camelCase(name.slice(0, -3))}Nanos`] = Number((value as bigint) % 1_000_000_000n)
    } else if (uint64Halves.includes(name)) {
      fields[`${field}High`] = Number((value as bigint) >> 32n)
      fields[`${field}Low`] = Number((value as bigint) & 0xffff_ffffn)
    } else if (typeof value === 'string') {
      const bytes = fromHex(value)
      if (bytes.length > 0) (fields[field] as Address).set(bytes, 0, bytes.length)
    } else if (Array.isArray(value)) {
      const list = fields[field] as { push(item: unknown): void }
      for (const item of value) list.push(typeof item === 'string' ? fromHex(item) : item)
    } else {
      fields[field] = typeof value === 'bigint' ? Number(value) : value
    }
  }
  return flow
}

/** Reads one message, all of its fields: those that are not in it have their defaults. */
function read(reader: protobuf.Reader): Message {
  const message = FlowMessage.toObject(FlowMessage.decodeDelimited(reader), {
    longs: String,
    bytes: String,
    arrays: true,
    defaults: true,
  })
  return Object.fromEntries(
    FlowMessage.fieldsArray.map(({ name, type }) => [name, plain(type, message[name])]),
  )
}

function plain(type: string, value: unknown): Value {
  if (Array.isArray(value)) return value.map((item) => plain(type, item)) as number[] | string[]
  if (type === 'uint64') return BigInt(value as string)
  return type === 'bytes' ? hex(Buffer.from(value as string, 'base64')) : (value as number)
}

test('what protobufjs reads is what the flow has, in every field', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const target = new Uint8Array(maxFlowBytes)
      const end = encodeFlow(flowOf(message), target, 0)
      const reader = protobuf.Reader.create(target.subarray(0, end))
      expect(read(reader)).toEqual(message)
      expect(reader.pos).toBe(end)
    }),
    { numRuns: 1_000 },
  )
})

/** No list is cut up to here. */
const longest = { minLength: 64, maxLength: 64 }

test('each field alone is read, and no other', () => {
  for (const field of FlowMessage.fieldsArray) {
    const unset = read(protobuf.Reader.create(Uint8Array.of(0)))
    for (const value of fc.sample(anyValue(field, longest), 20)) {
      const target = new Uint8Array(maxFlowBytes)
      const end = encodeFlow(flowOf({ [field.name]: value }), target, 0)
      expect(read(protobuf.Reader.create(target.subarray(0, end)))).toEqual({
        ...unset,
        [field.name]: value,
      })
    }
  }
})

test('a block of flows is read flow by flow', () => {
  fc.assert(
    fc.property(fc.array(anyMessage, { minLength: 1, maxLength: 20 }), (messages) => {
      const block = new Uint8Array(messages.length * maxFlowBytes)
      let end = 0
      for (const message of messages) end = encodeFlow(flowOf(message), block, end)
      const reader = protobuf.Reader.create(block.subarray(0, end))
      expect(messages.map(() => read(reader))).toEqual(messages)
      expect(reader.pos).toBe(end)
    }),
    { numRuns: 50 },
  )
})

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function fromHex(text: string): Uint8Array {
  return Buffer.from(text, 'hex')
}
