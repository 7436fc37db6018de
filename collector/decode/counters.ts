// What decoding counts: plain fields, added to as datagrams are read and looked at when somebody asks.

import type { DecodeReason } from './outcome.ts'
import { decodeReasons } from './outcome.ts'

/**
 * What could not be decoded: sets of NetFlow v9 and IPFIX, samples and records of sFlow, records of v5; and their
 * bytes.
 */
export interface Undecodable {
  sets: number
  bytes: number
}

export interface DecoderCounters {
  /** Flows emitted, by protocol. */
  readonly flows: { netflow5: number; netflow9: number; ipfix: number; sflow5: number }
  /** Options data records read. */
  optionsRecords: number
  /** sFlow samples skipped because their format is not known: vendors' own. */
  skippedSamples: number
  readonly undecodable: Readonly<Record<DecodeReason, Undecodable>>

  /** Template records received that describe a record, repetitions included. */
  templatesReceived: number
  /** Of those: the first of its kind, and one that differs from the one it replaced. */
  templatesAdded: number
  templatesChanged: number
  templatesWithdrawn: number
  /** Templates received that cannot describe a record, or have too many fields. */
  templatesRejected: number
  /** Templates given up to stay within the bounds, least recently used first. */
  templatesEvicted: number
  /** Templates that were neither used nor sent again for too long. */
  templatesExpired: number
  /** Exporters given up, with all that was known of them. */
  exportersEvicted: number

  /**
   * Data sets that came before their template and were kept for it. Each is read when the template comes, or given up: those
   * count as undecodable, too, with the reason unknown-template. Parked = replayed + expired + evicted + held.
   */
  setsParked: number
  setsReplayed: number
  /** Given up because their time, or the decoder's, was over. */
  setsExpired: number
  /** Given up for want of room. */
  setsEvicted: number

  /** Sampling rates learned from options data: new or changed. */
  samplingRatesLearned: number
  /** Announced sampling rates not believed or, for want of room, not kept. */
  samplingRatesRefused: number

  /** Flows with a start or an end that cannot be: replaced. */
  timesReplaced: number
  /** Exceptions while decoding. */
  internalErrors: number
}

export function createCounters(): DecoderCounters {
  const undecodable = Object.fromEntries(
    decodeReasons.map((reason) => [reason, { sets: 0, bytes: 0 }]),
  ) as Record<DecodeReason, Undecodable>
  return {
    flows: { netflow5: 0, netflow9: 0, ipfix: 0, sflow5: 0 },
    optionsRecords: 0,
    skippedSamples: 0,
    undecodable,
    templatesReceived: 0,
    templatesAdded: 0,
    templatesChanged: 0,
    templatesWithdrawn: 0,
    templatesRejected: 0,
    templatesEvicted: 0,
    templatesExpired: 0,
    exportersEvicted: 0,
    setsParked: 0,
    setsReplayed: 0,
    setsExpired: 0,
    setsEvicted: 0,
    samplingRatesLearned: 0,
    samplingRatesRefused: 0,
    timesReplaced: 0,
    internalErrors: 0,
  }
}
