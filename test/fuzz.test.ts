import { expect, test } from 'vitest'
import { createDecoder, type Decoder, type DecoderOptions } from '../collector/decode/decode.ts'
import { createSource } from '../collector/exporters/source.ts'
import { FlowRecord } from '../collector/flow.ts'
import { fixtures, readCaptures } from './fuzz/captures.ts'
import { type FuzzOptions, fuzz } from './fuzz/fuzz.ts'
import { rare } from './fuzz/rare.ts'
import { createStream } from './fuzz/stream.ts'

const captures = [...readCaptures(fixtures), rare]
const open = () => createStream(captures, 7)
const unbounded = { boundMs: Infinity, boundMb: Infinity, usedMb: () => 0 }

test('10,000 damaged datagrams do no harm', () => {
  const outcome = fuzz(open, { ...unbounded, datagrams: 10_000 })
  expect(outcome.datagrams).toBe(10_000)
  expect(outcome.flows).toBeGreaterThan(1_000)
  expect(outcome.names).toBeGreaterThan(10)
  expect(outcome.interfaceCounters).toBeGreaterThan(10)
  // The damage reaches what it is meant for.
  expect(Object.keys(outcome.reasons)).toEqual(
    expect.arrayContaining(['', 'bad-length', 'bad-template', 'short-header', 'unknown-version']),
  )
})

test('the same seed gives the same datagrams, another seed others', () => {
  const first = (seed: number) => {
    const next = createStream(captures, seed)
    return Array.from({ length: 200 }, next)
  }
  expect(first(7)).toEqual(first(7))
  expect(first(8)).not.toEqual(first(7))
})

/** Decoders that do something else at their 13th datagram. */
function fuzzWith(
  atThirteenth: (options: DecoderOptions, decoder: Decoder) => void,
  bounds: Partial<FuzzOptions> = {},
): void {
  const create = (options: DecoderOptions) => {
    const decoder = createDecoder(options)
    const { decode } = decoder
    let datagrams = 0
    decoder.decode = (...datagram) => {
      if (++datagrams === 13) atThirteenth(options, decoder)
      return decode(...datagram)
    }
    return decoder
  }
  fuzz(open, { ...unbounded, ...bounds, datagrams: 20, createDecoder: create })
}

const found = (message: string, datagram = 13) =>
  expect.objectContaining({ datagram, message: expect.stringContaining(message) })

test('an exception is found, with the number of its datagram', () => {
  const fail = () => {
    throw new Error('a fault of ours')
  }
  expect(() => fuzzWith(fail)).toThrow(found('a fault of ours'))
})

test('a flow that another decoder in the same state does not give is found', () => {
  let calls = 0
  const emitOnce = ({ emit }: DecoderOptions) => {
    if (calls++ === 0) emit(new FlowRecord(), createSource(new Uint8Array(4), 0))
  }
  expect(() => fuzzWith(emitOnce)).toThrow(found('different flows'))
})

test('a datagram that is slow each time is found, one that is slow once is not', () => {
  const wait = (ms: number) => {
    const until = performance.now() + ms
    while (performance.now() < until);
  }
  expect(() => fuzzWith(() => wait(40), { boundMs: 40 })).toThrow(found('takes '))
  let calls = 0
  fuzzWith(() => wait(calls++ === 0 ? 400 : 0), { boundMs: 400 })
})

test('memory that is not given back is found', () => {
  let usedMb = 0
  fuzzWith(() => {}, { boundMb: 20, usedMb: () => 19 + usedMb++ * 19 })
  expect(() => fuzzWith(() => {}, { boundMb: 20, usedMb: () => 20 * usedMb++ })).toThrow(
    found('leaves 20.0 MB', 20),
  )
})
