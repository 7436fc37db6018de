// The life cycle of an alert, minute by minute.
//
//   over the limit      crossed            below the clear limit      for long enough
//      pending  ----->  firing  <------------>  recovering  ------------>  resolved
//                         ^     over the limit                                |
//                         '------------- crossed again within 15 min --------'
//
// A pure function of a state and what the next closed minute says: whoever takes the same minutes in the same order comes to the same states and
// events, with the same ids, however many minutes are taken at once.

import { severities } from '../configuration/severity.ts'
import { type Condition, isUnknown } from './condition.ts'
import { alertIdOf, eventIdOf, fingerprintOf, type Subject } from './identity.ts'
import { type Policy, severityOf, usualPolicy } from './policy.ts'
import {
  type AlertState,
  hasNoData,
  type Incident,
  isFlapping,
  isOpen,
  noDataMinutes,
  type ResolveReason,
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

/** What people have said of an alert until the end of the minute. */
export interface Attention {
  silenced: boolean
  /** Somebody takes care of it, so that it need not be repeated. */
  acknowledged: boolean
}

export type AttentionOf = (alert: Pick<Incident, 'alertId' | 'severity'>) => Attention

export interface Stepped {
  /** Undefined: there is nothing to remember. */
  state: AlertState | undefined
  events: AlertEvent[]
}

/** What fires again this soon after its end is the same alert. */
const reopenMinutes = 15
/** Of firing and ending: more than `mostTransitions` in so many minutes are too many. */
const flapMinutes = 60
const mostTransitions = 4
const mostClearMinutes = 60

/** `minute` must be later than the state's; one that is not changes nothing. */
export function step(
  before: AlertState | undefined,
  subject: Subject,
  condition: Condition,
  minute: number,
  attentionOf: AttentionOf,
  policy: Policy = usualPolicy,
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
    ? stepOpen(state, condition, minute, attentionOf, policy)
    : stepClosed(state, condition, minute, attentionOf, policy, before?.phase === 'pending')
}

/** Ends an alert for another reason than its traffic; what is not open is forgotten. It cannot be reopened. */
export function close(before: AlertState, reason: ResolveReason, minute: number): Stepped {
  if (!isOpen(before) || minute <= before.minute) return { state: undefined, events: [] }
  const state: AlertState = { ...before, minute, transitions: [], growth: 0 }
  return resolve(state, { ...before.incident }, reason, minute)
}

/**
 * What is open has been without data for as long as is worth telling, though no minute could be judged: told as of the minute in which it
 * came to that. The state goes on from where it was, since those minutes may be known yet.
 */
export function starve(
  before: AlertState & { incident: Incident },
  attentionOf: AttentionOf,
): { state: AlertState; events: AlertEvent[] } {
  const minute = before.minute + 60 * (noDataMinutes - before.incident.unknownMinutes)
  const incident = { ...before.incident, unknownMinutes: noDataMinutes, value: null }
  const state = { ...before, incident }
  const { silenced } = attentionOf(incident)
  return { state, events: [eventOf({ ...state, minute }, 'no_data', silenced)] }
}

function stepClosed(
  state: AlertState,
  condition: Condition,
  minute: number,
  attentionOf: AttentionOf,
  policy: Policy,
  wasPending: boolean,
): Stepped {
  const { level } = condition
  if (level === 'met') return fire(state, condition, minute, attentionOf, policy)
  const isRemembered = state.transitions.length > 0
  if (isRemembered) return { state, events: [] }
  // What is not known does not break a streak.
  const isPending = level === 'over' || (wasPending && isUnknown(condition))
  if (!isPending) return { state: undefined, events: [] }
  return { state: { ...state, phase: 'pending', incident: undefined }, events: [] }
}

function fire(
  state: AlertState,
  condition: Condition,
  minute: number,
  attentionOf: AttentionOf,
  policy: Policy,
): Stepped {
  const { incident: past, fingerprint } = state
  const resolvedMinute = past?.resolvedMinute ?? -Infinity
  const isSame = past?.resolveReason === 'cleared' && minute - resolvedMinute <= 60 * reopenMinutes
  const incident: Incident = isSame
    ? { ...past, flaps: past.flaps + 1 }
    : begin(fingerprint, minute)
  incident.resolvedMinute = null
  incident.resolveReason = null
  incident.belowMinutes = 0
  incident.unknownMinutes = 0
  if (!isSame) incident.startedMinute = condition.since
  observe(incident, { ...condition, total: condition.totalSince }, policy)
  const { silenced } = attentionOf(incident)
  incident.silenced = silenced
  incident.untold = silenced
  tell(incident, minute)
  const next: AlertState = { ...state, phase: 'firing', incident }
  const events = [eventOf(next, isSame ? 'reopened' : 'firing', silenced)]
  return withTransition(next, events, silenced)
}

/** One that nothing is known of yet. */
function begin(fingerprint: string, minute: number): Incident {
  return {
    alertId: alertIdOf(fingerprint, minute),
    startedMinute: minute,
    firedMinute: minute,
    resolvedMinute: null,
    resolveReason: null,
    metric: 'bandwidth',
    value: null,
    limit: null,
    peaks: { peakBps: 0, peakPps: 0, peakFps: 0 },
    total: { bytes: 0, packets: 0 },
    errorPercent: null,
    peakRatio: 0,
    severity: 'warning',
    flaps: 0,
    belowMinutes: 0,
    unknownMinutes: 0,
    silenced: false,
    untold: false,
    told: { minute, ratio: 0, severity: 'warning', heard: false },
  }
}

function stepOpen(
  state: AlertState & { incident: Incident },
  condition: Condition,
  minute: number,
  attentionOf: AttentionOf,
  policy: Policy,
): Stepped {
  const incident = { ...state.incident }
  const next: AlertState = { ...state, incident }
  const isKnown = !isUnknown(condition)
  const hadNoData = hasNoData(incident)
  if (isKnown) {
    incident.unknownMinutes = 0
    observe(incident, condition, policy)
  } else {
    incident.unknownMinutes++
    incident.value = null
  }
  const { silenced, acknowledged } = attentionOf(incident)
  incident.silenced = silenced
  incident.untold ||= silenced

  const events: AlertEvent[] = []
  const add = (event: EvaluatedEvent) => events.push(eventOf(next, event, silenced))
  if (hadNoData !== hasNoData(incident)) add(hadNoData ? 'data_back' : 'no_data')

  if (isKnown) {
    const { level } = condition
    incident.belowMinutes = level === 'below' ? incident.belowMinutes + 1 : 0
    if (incident.belowMinutes >= clearMinutes(condition, state)) {
      const ended = resolve(next, incident, 'cleared', minute)
      return { state: ended.state, events: [...events, ...ended.events] }
    }
    if (level === 'below') next.phase = 'recovering'
    else if (level !== 'between') {
      if (next.phase === 'recovering') incident.flaps++
      next.phase = 'firing'
    }
  }

  const { told } = incident
  const isGreater =
    incident.peakRatio > policy.escalationFactor * told.ratio ||
    severities.indexOf(incident.severity) > severities.indexOf(told.severity)
  const isSilenceOver = incident.untold && !silenced
  const { repeatMinutes } = policy
  const isDue = repeatMinutes > 0 && minute - told.minute >= 60 * repeatMinutes && !acknowledged
  if (isGreater) add('escalated')
  else if (next.phase === 'firing' && (isSilenceOver || isDue)) add('still_firing')
  else return { state: next, events }
  tell(incident, minute)
  return { state: next, events }
}

/** Takes a known minute in: peaks, totals and severity only ever grow, the last as long as what makes it is not edited. */
function observe(incident: Incident, condition: Condition, policy: Policy): void {
  const { metric, value, limit, errorPercent, ratio, peaks, total } = condition
  Object.assign(incident, { metric, value, limit, errorPercent })
  incident.peakRatio = Math.max(incident.peakRatio, ratio)
  incident.severity = severityOf(incident.peakRatio, policy)
  incident.peaks = {
    peakBps: Math.max(incident.peaks.peakBps, peaks.peakBps),
    peakPps: Math.max(incident.peaks.peakPps, peaks.peakPps),
    peakFps: Math.max(incident.peaks.peakFps, peaks.peakFps),
  }
  incident.total = {
    bytes: incident.total.bytes + total.bytes,
    packets: incident.total.packets + total.packets,
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

function eventOf(
  { fingerprint, minute }: AlertState,
  event: EvaluatedEvent,
  silenced: boolean,
): AlertEvent {
  return { id: eventIdOf(fingerprint, minute, event), event, minute, silenced }
}
