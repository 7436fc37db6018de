// The life cycle of an alert, minute by minute.
//
//   over the limit      crossed            below the clear limit      for long enough
//      pending  ----->  firing  <------------>  recovering  ------------>  resolved
//                         ^     over the limit                                |
//                         '------------- crossed again within 15 min --------'
//
// A pure function of a state and what the next closed minute says: whoever takes the same minutes in the same order comes to the same states and
// events, with the same ids, however many minutes are taken at once.

import type { Condition, Level } from './condition.ts'
import { ratioOf } from './condition.ts'
import { alertIdOf, eventIdOf, fingerprintOf, type Subject } from './identity.ts'
import {
  type AlertState,
  hasNoData,
  type Incident,
  isFlapping,
  isOpen,
  noDataMinutes,
  type ResolveReason,
  type Severity,
  severities,
} from './state.ts'

export const evaluatedEvents = [
  'firing',
  'reopened',
  'escalated',
  'still_firing',
  'flapping',
  'no_data',
  'data_back',
  'resolved',
] as const
export type EvaluatedEvent = (typeof evaluatedEvents)[number]

export interface AlertEvent {
  id: string
  event: EvaluatedEvent
  minute: number
  /** Nobody is to be told. */
  silenced: boolean
}

/** What people have said until the end of the minute. */
export interface Attention {
  silenced: boolean
  /** Somebody takes care of it, so that it need not be repeated. */
  acknowledged: boolean
}

export interface Stepped {
  /** Undefined: there is nothing to remember. */
  state: AlertState | undefined
  events: AlertEvent[]
}

/** What fires again this soon after its end is the same alert. */
const reopenMinutes = 15
const repeatMinutes = 60
/** Of firing and ending: more than `mostTransitions` in so many minutes are too many. */
const flapMinutes = 60
const mostTransitions = 4
const mostClearMinutes = 60
/** An alert that has grown by more than this is told again. */
const escalationFactor = 2

/** `minute` must be later than the state's; one that is not changes nothing. */
export function step(
  before: AlertState | undefined,
  subject: Subject,
  condition: Condition,
  minute: number,
  attention: Attention,
): Stepped {
  if (before !== undefined && minute <= before.minute) return { state: before, events: [] }
  const state: AlertState = {
    fingerprint: before?.fingerprint ?? fingerprintOf(subject),
    subject,
    phase: before?.phase ?? 'pending',
    minute,
    incident: before?.incident,
    transitions: (before?.transitions ?? []).filter((past) => past > minute - 60 * flapMinutes),
    // An hour without a transition, and it is as any other.
    growth: 0,
  }
  if (state.transitions.length > 0) state.growth = before?.growth ?? 0
  return isOpen(state)
    ? stepOpen(state, condition, minute, attention)
    : stepClosed(state, condition, minute, attention, before?.phase === 'pending')
}

/** Ends an alert for another reason than its traffic; what is not open is forgotten. It cannot be reopened. */
export function close(before: AlertState, reason: ResolveReason, minute: number): Stepped {
  if (!isOpen(before) || minute <= before.minute) return { state: undefined, events: [] }
  const state: AlertState = { ...before, minute, transitions: [], growth: 0 }
  return resolve(state, { ...before.incident }, reason, minute)
}

function stepClosed(
  state: AlertState,
  condition: Condition,
  minute: number,
  attention: Attention,
  wasPending: boolean,
): Stepped {
  const { level } = condition
  if (level === 'met') return fire(state, condition, minute, attention)
  const isRemembered = state.transitions.length > 0
  if (isRemembered) return { state, events: [] }
  // What is not known does not break a streak.
  const isPending = level === 'over' || (wasPending && isUnknown(level))
  if (!isPending) return { state: undefined, events: [] }
  return { state: { ...state, phase: 'pending', incident: undefined }, events: [] }
}

function isUnknown(level: Level): boolean {
  return level === 'unknown' || level === 'learning'
}

function fire(
  state: AlertState,
  condition: Condition,
  minute: number,
  attention: Attention,
): Stepped {
  const { incident: past, fingerprint } = state
  const resolvedMinute = past?.resolvedMinute ?? -Infinity
  const isSame = past?.resolveReason === 'cleared' && minute - resolvedMinute <= 60 * reopenMinutes
  const ratio = ratioOf(condition)
  const fresh = {
    resolvedMinute: null,
    resolveReason: null,
    metric: condition.metric,
    value: condition.value,
    limit: condition.limit,
    errorPercent: condition.errorPercent,
    belowMinutes: 0,
    unknownMinutes: 0,
    silenced: attention.silenced,
    untold: attention.silenced,
  }
  const incident: Incident = isSame
    ? { ...past, ...fresh, flaps: past.flaps + 1 }
    : {
        ...fresh,
        alertId: alertIdOf(fingerprint, minute),
        startedMinute: condition.since,
        firedMinute: minute,
        peaks: condition.peaks,
        total: condition.totalSince,
        peakRatio: ratio,
        severity: severityOf(ratio),
        flaps: 0,
        told: { minute, ratio, severity: severityOf(ratio), heard: !attention.silenced },
      }
  if (isSame) {
    grow(incident, { ...condition, total: condition.totalSince }, past)
    tell(incident, minute)
  }
  const next: AlertState = { ...state, phase: 'firing', incident }
  const events = [eventOf(next, isSame ? 'reopened' : 'firing', attention.silenced)]
  return withTransition(next, events, attention.silenced)
}

function stepOpen(
  state: AlertState & { incident: Incident },
  condition: Condition,
  minute: number,
  attention: Attention,
): Stepped {
  const past = state.incident
  const incident: Incident = {
    ...past,
    silenced: attention.silenced,
    untold: past.untold || attention.silenced,
  }
  const next: AlertState & { incident: Incident } = { ...state, incident }
  const events: AlertEvent[] = []
  const add = (event: EvaluatedEvent) => events.push(eventOf(next, event, attention.silenced))

  if (isUnknown(condition.level)) {
    incident.unknownMinutes++
    incident.value = null
    if (incident.unknownMinutes === noDataMinutes) add('no_data')
  } else {
    if (hasNoData(incident)) add('data_back')
    incident.unknownMinutes = 0
    incident.metric = condition.metric
    incident.value = condition.value
    incident.limit = condition.limit
    incident.errorPercent = condition.errorPercent
    grow(incident, condition, past)
    incident.belowMinutes = condition.level === 'below' ? past.belowMinutes + 1 : 0
    if (condition.level === 'below') {
      next.phase = 'recovering'
      if (incident.belowMinutes >= clearMinutes(condition, state)) {
        const { state: resolved, events: more } = resolve(next, incident, 'cleared', minute)
        return { state: resolved, events: [...events, ...more] }
      }
    } else if (condition.level !== 'between') {
      if (next.phase === 'recovering') incident.flaps++
      next.phase = 'firing'
    }
  }

  const isFiring = next.phase === 'firing'
  const { told } = incident
  const isGreater =
    incident.peakRatio > escalationFactor * told.ratio ||
    severities.indexOf(incident.severity) > severities.indexOf(told.severity)
  const isSilenceOver = incident.untold && !attention.silenced
  const isDue = minute - told.minute >= 60 * repeatMinutes && !attention.acknowledged
  if (isGreater) add('escalated')
  else if (isFiring && (isSilenceOver || isDue)) add('still_firing')
  else return { state: next, events }
  tell(incident, minute)
  return { state: next, events }
}

/** Peaks, totals and severity only ever grow. */
function grow(incident: Incident, condition: Condition, past: Incident): void {
  incident.peakRatio = Math.max(past.peakRatio, ratioOf(condition))
  incident.severity = severityOf(incident.peakRatio)
  incident.peaks = {
    peakBps: Math.max(past.peaks.peakBps, condition.peaks.peakBps),
    peakPps: Math.max(past.peaks.peakPps, condition.peaks.peakPps),
    peakFps: Math.max(past.peaks.peakFps, condition.peaks.peakFps),
  }
  incident.total = {
    bytes: past.total.bytes + condition.total.bytes,
    packets: past.total.packets + condition.total.packets,
  }
}

function resolve(
  state: AlertState,
  incident: Incident,
  reason: ResolveReason,
  minute: number,
): Stepped {
  const next: AlertState = {
    ...state,
    phase: 'resolved',
    incident: { ...incident, resolvedMinute: minute, resolveReason: reason },
  }
  // Who was told that it fires is told that it has ended, also while it is silenced; who was not, is not.
  const silenced = !incident.told.heard
  const events = [eventOf(next, 'resolved', silenced)]
  return reason === 'cleared' ? withTransition(next, events, silenced) : { state: next, events }
}

/** Counts a transition, and makes the time to clear grow when there are too many. */
function withTransition(state: AlertState, events: AlertEvent[], silenced: boolean): Stepped {
  const transitions = [...state.transitions, state.minute]
  const isTooMany = transitions.length > mostTransitions
  const begins = isTooMany && !isFlapping(state)
  const growth =
    begins || (isFlapping(state) && state.phase === 'firing') ? state.growth + 1 : state.growth
  const next = { ...state, transitions, growth }
  return { state: next, events: begins ? [...events, eventOf(next, 'flapping', silenced)] : events }
}

function clearMinutes(condition: Condition, { growth }: AlertState): number {
  return Math.min(condition.clearMinutes * 2 ** growth, mostClearMinutes)
}

function tell(incident: Incident, minute: number): void {
  const { peakRatio: ratio, severity, silenced, told } = incident
  incident.told = { minute, ratio, severity, heard: told.heard || !silenced }
  if (!silenced) incident.untold = false
}

function severityOf(ratio: number): Severity {
  return ratio > 5 ? 'critical' : ratio >= 2 ? 'high' : 'warning'
}

function eventOf(
  { fingerprint, minute }: AlertState,
  event: EvaluatedEvent,
  silenced: boolean,
): AlertEvent {
  return { id: eventIdOf(fingerprint, minute, event), event, minute, silenced }
}
