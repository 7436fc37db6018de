// The decoder's counters under the names that metrics and the `status` table give them.

import type { DecoderCounters, Undecodable } from '../decode/counters.ts'
import type { Decoder } from '../decode/decode.ts'
import { FlowType, flowTypeNames } from '../flow.ts'

/** What a decoder, or several together, have counted and hold. */
export type Decoding = Pick<
  Decoder,
  'counters' | 'templates' | 'parked' | 'templateCount' | 'parkedCount'
>

type EventCounter = {
  [Name in keyof DecoderCounters]: DecoderCounters[Name] extends number ? Name : never
}[keyof DecoderCounters]

/** Every counter that is one number: its name, and what it counts. */
export const eventCounters: Readonly<Record<EventCounter, readonly [name: string, help: string]>> =
  {
    optionsRecords: ['options_records', 'Options data records read'],
    skippedSamples: ['skipped_samples', 'sFlow samples skipped because they hold nothing known'],
    templatesReceived: ['templates_received', 'Template records received, repetitions included'],
    templatesAdded: ['templates_added', 'Templates that were new'],
    templatesChanged: ['templates_changed', 'Templates that differ from the one they replaced'],
    templatesWithdrawn: ['templates_withdrawn', 'Templates withdrawn by their exporter'],
    templatesRejected: ['templates_rejected', 'Templates that cannot describe a record'],
    templatesEvicted: ['templates_evicted', 'Templates given up to stay inside the bounds'],
    templatesExpired: ['templates_expired', 'Templates not used or repeated for too long'],
    exportersEvicted: ['exporters_evicted', 'Exporters whose templates were given up'],
    setsParked: ['sets_parked', 'Data sets kept until their template comes'],
    setsReplayed: ['sets_replayed', 'Of those, decoded when it came'],
    setsExpired: ['sets_expired', 'Of those, given up because it did not come in time'],
    setsEvicted: ['sets_evicted', 'Of those, given up for want of room'],
    samplingRatesLearned: [
      'sampling_rates_learned',
      'Sampling rates in options data, new or changed',
    ],
    samplingRatesRefused: [
      'sampling_rates_refused',
      'Announced sampling rates not believed or kept',
    ],
    timesReplaced: ['times_replaced', 'Flows with a start or an end that cannot be'],
    internalErrors: ['internal_errors', 'Exceptions while decoding'],
  }

export function countEvents({ counters }: Decoding): Record<string, number> {
  const names = Object.entries(eventCounters) as [EventCounter, readonly [string, string]][]
  return Object.fromEntries(names.map(([counter, [name]]) => [name, counters[counter]]))
}

/** Flows emitted, by FlowMessage's name of their protocol. */
export function flowsByProtocol({ counters }: Decoding): Record<string, number> {
  const protocols = Object.entries(counters.flows) as [keyof DecoderCounters['flows'], number][]
  return Object.fromEntries(
    protocols.map(([protocol, flows]) => [flowTypeNames[FlowType[protocol]], flows]),
  )
}

/** Sets, or their bytes, that could not be decoded, by reason. */
export function undecodable(
  { counters }: Decoding,
  unit: keyof Undecodable,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counters.undecodable).map(([reason, counts]) => [reason, counts[unit]]),
  )
}
