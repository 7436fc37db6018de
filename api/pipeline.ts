// Why there are flows, or none: what the ledgers of the collectors say, in one word and one sentence. Pure.

import type { Collector } from '../rules/exporters/collectors.ts'

export const pipelineStates = [
  'flowing',
  'silent',
  'not_stored',
  'exporters_refused',
  'waiting_for_template',
  'datagrams_refused',
  'no_flows_yet',
  'no_datagrams',
  'collector_silent',
  'no_collector',
] as const
export type PipelineState = (typeof pipelineStates)[number]

export interface Diagnosis {
  state: PipelineState
  /** What that means, and what to do. */
  message: string
}

/** Routers export at least each minute; a network without traffic for longer is rare. */
const silentAfterMs = 5 * 60_000

/** @param lastHeardMs when the newest datagram of any exporter came; undefined for none that is known */
export function diagnose(
  collectors: readonly Collector[],
  lastHeardMs: number | undefined,
  nowMs: number,
): Diagnosis {
  const live = collectors.filter((collector) => collector.live)
  if (collectors.length === 0) {
    return {
      state: 'no_collector',
      message:
        'no collector has told its status yet: start one (`netmon up` or `netmon collector`)',
    }
  }
  if (live.length === 0) {
    const last = collectors
      .map(({ last_status }) => last_status)
      .sort()
      .at(-1)
    return {
      state: 'collector_silent',
      message: `no collector has told its status since ${last}: see whether it runs and reaches the store`,
    }
  }
  const sum = (read: (collector: Collector) => number) =>
    live.reduce((total, collector) => total + read(collector), 0)
  if (sum(({ flows }) => flows) === 0) return withoutFlows(live, sum)
  const refused = sum(({ flows_dropped }) => flows_dropped['unknown-exporter'] ?? 0)
  if (refused === sum(({ flows }) => flows)) {
    return {
      state: 'exporters_refused',
      message:
        'flows come from exporters that are no registered router, and NETMON_EXPORTERS=known refuses those: register the router (/exporters/unknown lists them)',
    }
  }
  if (sum(({ flows_acknowledged }) => flows_acknowledged) === 0) {
    return {
      state: 'not_stored',
      message: 'flows are received and wait to be stored: see the log of the collector',
    }
  }
  if (lastHeardMs !== undefined && nowMs - lastHeardMs > silentAfterMs) {
    return {
      state: 'silent',
      message: `no datagram has come since ${new Date(lastHeardMs).toISOString()}: see whether the routers still export to this address`,
    }
  }
  return { state: 'flowing', message: 'flows are received and stored' }
}

function withoutFlows(
  live: readonly Collector[],
  sum: (read: (collector: Collector) => number) => number,
): Diagnosis {
  const datagrams = sum((collector) => collector.datagrams)
  if (datagrams === 0) {
    return {
      state: 'no_datagrams',
      message:
        'collectors listen, and no datagram has come: point a router here, and see that no firewall is in between',
    }
  }
  const waiting = sum(
    ({ parked_sets, undecodable_sets }) =>
      parked_sets + (undecodable_sets['unknown-template'] ?? 0),
  )
  if (waiting > 0) {
    return {
      state: 'waiting_for_template',
      message:
        'data has come, and not yet the template that tells how to read it: exporters send templates every few minutes, as they are configured',
    }
  }
  const reasons = [
    ...new Set(live.flatMap(({ datagrams_refused }) => Object.keys(datagrams_refused))),
  ]
  if (sum(({ datagrams_refused }) => total(datagrams_refused)) > 0) {
    return {
      state: 'datagrams_refused',
      message: `datagrams have come that are no flow exports (${reasons.join(', ')}): see what is sent to these ports`,
    }
  }
  return {
    state: 'no_flows_yet',
    message: 'datagrams have come without flows in them, as before the first flows of a router end',
  }
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
