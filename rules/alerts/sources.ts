// Alerts that need no rule: a collector that tells nothing any more, a registered router whose exports stay away. Pure.
//
// A router is only said to be silent while the collector that heard it last runs and tells so: when a collector dies, that is one alert, not one for each
// of its exporters. Others than registered routers are not watched: whoever forges the address of an exporter could make alerts of it.

import type { Router } from '../configuration/router.ts'
import { type CollectorRun, newestRuns } from '../traffic/minutes.ts'
import type { Condition } from './condition.ts'
import { fingerprintOf, type Subject } from './identity.ts'
import { type Policy, usualPolicy } from './policy.ts'
import type { Judged } from './question.ts'
import type { SourceType } from './source-type.ts'
import { type AlertState, isOpen } from './state.ts'

/** When an exporter was last heard, and by which collector. */
export interface Heard {
  /** The address that its flows are shown under, and the one that its datagrams come from. */
  addresses: readonly string[]
  collector: string
  lastSeenMs: number
}

export interface Sources {
  /** Of at least the last hours: a collector that is in none of them is not expected any more. */
  runs: readonly CollectorRun[]
  routers: readonly Router[]
  /** Of the last hour. */
  heard: readonly Heard[]
}

export interface JudgedSources {
  judged: Judged[]
  /** Fingerprints of all that is expected, also of what nothing can be told of now. */
  expected: ReadonlySet<string>
}

/** A collector tells its status each 10 s; a restart takes it some more. */
const silentCollectorMs = 2 * 60_000
/** Routers export at least each minute; a network that carries nothing for longer is rare. */
export const silentExporterMs = 10 * 60_000

const policies: Record<SourceType, Policy> = {
  collector_silent: { ...usualPolicy, leastSeverity: 'critical' },
  exporter_silent: { ...usualPolicy, leastSeverity: 'high' },
}

/**
 * What is silent and what is heard in this minute. Nobody is said to be silent for what was before `watchedSinceMs`: after a restart of all, collectors
 * have not told anything yet.
 */
export function judgeSources(
  { runs, routers, heard }: Sources,
  states: readonly AlertState[],
  { minute, nowMs, watchedSinceMs }: { minute: number; nowMs: number; watchedSinceMs: number },
): JudgedSources {
  const judged: Judged[] = []
  const expected = new Set<string>()
  const open = new Map(
    states.filter(isOpen).map(({ fingerprint, incident }) => [fingerprint, incident]),
  )
  const add = (subject: Subject & { type: SourceType }, silence: Silence | undefined) => {
    const fingerprint = fingerprintOf(subject)
    expected.add(fingerprint)
    if (silence === undefined) return
    const condition = conditionOf(silence, minute)
    judged.push({ fingerprint, subject, policy: policies[subject.type], conditions: [condition] })
  }

  const collectors = new Map(newestRuns(runs).map((run) => [run.collector, run]))
  for (const { collector, lastStatusMs } of collectors.values()) {
    const isHeard = nowMs - lastStatusMs <= silentCollectorMs
    const isWatched = nowMs - watchedSinceMs > silentCollectorMs
    const subject = subjectOf('collector_silent', `Collector ${collector} silent`, collector, [])
    if (isHeard) add(subject, { sinceMs: undefined })
    else add(subject, isWatched ? { sinceMs: lastStatusMs } : undefined)
  }

  const newest = newestByAddress(heard)
  for (const { name, router_ip } of routers) {
    const subject = subjectOf('exporter_silent', `Exporter ${name} silent`, router_ip, [router_ip])
    const last = newest.get(router_ip)
    const startedMinute = open.get(fingerprintOf(subject))?.startedMinute
    if (last === undefined) {
      // So long ago that it is not among those of the last hour, or never.
      add(subject, startedMinute === undefined ? undefined : { sinceMs: startedMinute * 1000 })
      continue
    }
    add(subject, silenceOf(last, collectors.get(last.collector), nowMs))
  }
  return { judged, expected }
}

/** `sinceMs`: undefined for what is heard. */
interface Silence {
  sinceMs: number | undefined
}

/** By what the collector that heard it last has told; undefined while that tells nothing, or runs for too short a time. */
function silenceOf(
  { lastSeenMs }: Heard,
  run: CollectorRun | undefined,
  nowMs: number,
): Silence | undefined {
  if (run === undefined) return undefined
  if (run.lastStatusMs - lastSeenMs < silentExporterMs) {
    return nowMs - lastSeenMs < silentExporterMs ? { sinceMs: undefined } : undefined
  }
  if (nowMs - run.lastStatusMs > silentCollectorMs) return undefined
  const heardForMs = run.lastStatusMs - run.startedMs
  return heardForMs < silentExporterMs ? undefined : { sinceMs: lastSeenMs }
}

function newestByAddress(heard: readonly Heard[]): ReadonlyMap<string, Heard> {
  const newest = new Map<string, Heard>()
  for (const one of heard) {
    for (const address of one.addresses) {
      const known = newest.get(address)
      if (known === undefined || known.lastSeenMs < one.lastSeenMs) newest.set(address, one)
    }
  }
  return newest
}

function subjectOf(
  type: SourceType,
  ruleName: string,
  key: string,
  prefixes: readonly string[],
): Subject & { type: SourceType } {
  return {
    ruleId: type,
    ruleName,
    type,
    scope: 'rule',
    key,
    direction: 'in',
    vector: null,
    prefixes,
    basis: '',
  }
}

/** Without a limit: it fires when it is silent, and ends as soon as it is heard. */
function conditionOf({ sinceMs }: Silence, minute: number): Condition {
  const none = { bytes: 0, packets: 0 }
  return {
    level: sinceMs === undefined ? 'below' : 'met',
    metric: 'flows',
    value: 0,
    limit: null,
    ratio: 0,
    peaks: { peakBps: 0, peakPps: 0, peakFps: 0 },
    total: none,
    since: sinceMs === undefined ? minute : Math.floor(sinceMs / 60_000) * 60,
    totalSince: none,
    errorPercent: null,
    clearMinutes: 1,
  }
}
