// Decodes a stream of damaged datagrams and watches what must hold for each of them, whatever it is.

import { createDecoder, type Decoder, type DecoderOptions } from '../../collector/decode/decode.ts'
import type { FuzzDatagram } from './stream.ts'
import { checkSnapshot, Subject } from './subject.ts'

export interface Outcome {
  datagrams: number
  flows: number
  names: number
  interfaceCounters: number
  /** Given up to stay within bounds: only when these are reached does the memory in use mean something. */
  templatesEvicted: number
  exportersEvicted: number
  setsEvicted: number
  /** How many datagrams had each outcome; '' for those without anything wrong. */
  readonly reasons: Record<string, number>
  slowestMs: number
  /** Its number, from 1. */
  slowestDatagram: number
  /** In use after a fifth of the datagrams, and how much more in the end. */
  warmMb: number
  grownMb: number
}

/** Something that must not be. */
export class Finding extends Error {
  /** Its number, from 1. */
  readonly datagram: number

  constructor(message: string, datagram: number) {
    super(message)
    this.datagram = datagram
  }
}

export interface FuzzOptions {
  readonly datagrams: number
  /** No datagram may take as long. */
  readonly boundMs: number
  /** Memory may not grow by as much, from a fifth of the datagrams to the end. */
  readonly boundMb: number
  /** Called before each datagram is decoded, with its number. */
  begin?: (datagram: number) => void
  /** Answers the MB in use after collecting garbage. */
  usedMb(): number
  createDecoder?(options: DecoderOptions): Decoder
}

/** Of what took too long, before it is believed. */
const repeats = 3

/**
 * Each datagram is decoded by two decoders that have seen the same before, by the second as part of a larger buffer, and
 * must give the same flows. The time it takes is the shorter of the two: what the machine does meanwhile (collects
 * garbage, compiles, runs somebody else) hits one and hardly ever both. `open` begins the same stream anew.
 * @throws Finding
 */
export function fuzz(open: () => () => FuzzDatagram, options: FuzzOptions): Outcome {
  const outcome: Outcome = {
    datagrams: 0,
    flows: 0,
    names: 0,
    interfaceCounters: 0,
    templatesEvicted: 0,
    exportersEvicted: 0,
    setsEvicted: 0,
    reasons: {},
    slowestMs: 0,
    slowestDatagram: 0,
    warmMb: 0,
    grownMb: 0,
  }
  const create = options.createDecoder ?? createDecoder
  const next = open()
  const first = new Subject(create)
  // What writers write has to be what interpretation gives.
  const second = new Subject(create, true)
  const warmUp = Math.ceil(options.datagrams / 5)
  for (let datagram = 1; datagram <= options.datagrams; datagram++) {
    options.begin?.(datagram)
    const input = next()
    const reason = first.decode(input, input.payload)
    second.decode(input, embed(input.payload))

    const problem = first.problem ?? second.problem ?? disagreement(first, second)
    if (problem !== undefined) throw new Finding(problem, datagram)
    let ms = Math.min(first.ms, second.ms)
    for (let i = 0; i < repeats && ms >= options.boundMs; i++) {
      ms = Math.min(ms, timeAgain(open(), datagram, create, options.begin))
    }
    if (ms >= options.boundMs) throw new Finding(`takes ${ms.toFixed(1)} ms`, datagram)

    outcome.datagrams++
    outcome.flows += first.flows
    outcome.names += first.names
    outcome.interfaceCounters += first.interfaceCounters
    outcome.reasons[reason] = (outcome.reasons[reason] ?? 0) + 1
    if (ms > outcome.slowestMs) {
      outcome.slowestMs = ms
      outcome.slowestDatagram = datagram
    }
    if (datagram === warmUp) outcome.warmMb = options.usedMb()
  }
  outcome.grownMb = options.usedMb() - outcome.warmMb
  const problem = checkSnapshot(first) ?? growth(outcome.grownMb, options.boundMb)
  if (problem !== undefined) throw new Finding(problem, options.datagrams)
  const { templatesEvicted, exportersEvicted, setsEvicted } = first.decoder.counters
  return { ...outcome, templatesEvicted, exportersEvicted, setsEvicted }
}

/** How long a datagram takes a third decoder that has seen what came before it. */
function timeAgain(
  next: () => FuzzDatagram,
  datagram: number,
  create: (options: DecoderOptions) => Decoder,
  begin: FuzzOptions['begin'],
): number {
  const subject = new Subject(create)
  for (let i = 1; i <= datagram; i++) {
    begin?.(i)
    const input = next()
    subject.decode(input, input.payload)
  }
  return subject.ms
}

function disagreement(first: Subject, second: Subject): string | undefined {
  return first.hasSameFlows(second)
    ? undefined
    : 'two decoders that have seen the same give different flows'
}

function growth(grownMb: number, boundMb: number): string | undefined {
  return grownMb < boundMb ? undefined : `leaves ${grownMb.toFixed(1)} MB more in use`
}

/** The same bytes at an odd offset, with others around them. */
function embed(payload: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(payload.length + 14).fill(0xa5)
  buffer.set(payload, 7)
  return buffer.subarray(7, 7 + payload.length)
}
