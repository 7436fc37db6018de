// What some judged minutes make of all alerts: a pure function, so that two evaluators that know the same decide the same.

import type { CountedRule } from '../traffic/query.ts'
import { type AlertDocument, alertDocument } from './document.ts'
import { basisOf, type Subject, trackedKey } from './identity.ts'
import type { Judged } from './question.ts'
import { isSourceType } from './source-type.ts'
import type { JudgedSources } from './sources.ts'
import { type AlertState, isOpen, noDataMinutes } from './state.ts'
import { type AlertEvent, type AttentionOf, close, type Stepped, starve, step } from './step.ts'
import { eventText } from './text.ts'

/** An event with what is told of it. */
export interface ToldEvent extends AlertEvent {
  alertId: string
  fingerprint: string
  ruleId: string
  text: string
  /** As it was after the minute. */
  alert: AlertDocument
}

export interface Decision {
  states: AlertState[]
  /** In the order that they happened. */
  events: ToldEvent[]
  /** Alerts that there was no room for. */
  untracked: number
}

/** What people have said, by what an alert is about and the minute. */
export type People = (subject: Subject, minute: number) => AttentionOf

/** So many things are pending, open, or were open in the last hour; more are not begun. */
export const mostStates = 10_000

export function decide(
  before: readonly AlertState[],
  rules: readonly CountedRule[],
  judged: readonly Judged[],
  { first, last }: { first: number; last: number },
  people: People,
): Decision {
  const states = new Map(before.map((state) => [state.fingerprint, state]))
  const events: ToldEvent[] = []
  const untracked = new Set<string>()
  const take = (fingerprint: string, { state, events: happened }: Stepped) => {
    if (state === undefined) states.delete(fingerprint)
    else states.set(fingerprint, state)
    if (state !== undefined) events.push(...toldOf(state, happened))
  }

  const reasonToClose = createReasons(rules)
  for (const state of before) {
    const reason = reasonToClose(state.subject)
    if (reason !== undefined) take(state.fingerprint, close(state, reason, first))
  }
  const inOrder = [...judged].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))
  for (let minute = first; minute <= last; minute += 60) {
    for (const { fingerprint, subject, policy, conditions } of inOrder) {
      const condition = conditions[(minute - first) / 60]
      if (condition === undefined) continue
      const state = states.get(fingerprint)
      const stepped = step(state, subject, condition, minute, people(subject, minute), policy)
      if (state === undefined && stepped.state !== undefined && states.size >= mostStates) {
        untracked.add(fingerprint)
      } else take(fingerprint, stepped)
    }
  }
  return { states: [...states.values()], events, untracked: untracked.size }
}

/** While no minute can be judged: what is open is without data once so many minutes are over. `newest` is the newest of them. */
export function decideBlind(
  before: readonly AlertState[],
  newest: number,
  people: People,
): Decision {
  const events: ToldEvent[] = []
  const states = before.map((state) => {
    if (!isOpen(state) || isSourceType(state.subject.type)) return state
    const missing = (newest - state.minute) / 60
    const unknown = state.incident.unknownMinutes
    if (unknown >= noDataMinutes || unknown + missing < noDataMinutes) return state
    const starved = starve(state, people(state.subject, newest))
    events.push(...toldOf(starved.state, starved.events))
    return starved.state
  })
  return { states, events, untracked: 0 }
}

/** Collectors and routers that are silent or heard again; what is not expected any more is closed. */
export function decideSources(
  before: readonly AlertState[],
  { judged, expected, minute }: JudgedSources & { minute: number },
  people: People,
): Decision {
  const events: ToldEvent[] = []
  const now = new Map(judged.map((one) => [one.fingerprint, one]))
  const take = ({ state, events: happened }: Stepped): AlertState[] => {
    if (state === undefined) return []
    events.push(...toldOf(state, happened))
    return [state]
  }
  const stepFrom = (state: AlertState | undefined, { subject, policy, conditions }: Judged) => {
    const [condition] = conditions
    if (condition === undefined) return state === undefined ? [] : [state]
    return take(step(state, subject, condition, minute, people(subject, minute), policy))
  }
  const states = before.flatMap((state) => {
    const { fingerprint, subject } = state
    if (!isSourceType(subject.type)) return [state]
    if (!expected.has(fingerprint)) return take(close(state, 'gone', minute))
    const one = now.get(fingerprint)
    now.delete(fingerprint)
    return one === undefined ? [state] : stepFrom(state, one)
  })
  const begun = [...now.values()].flatMap((one) => stepFrom(undefined, one))
  return { states: [...states, ...begun], events, untracked: 0 }
}

function toldOf(state: AlertState, events: readonly AlertEvent[]): ToldEvent[] {
  const { incident, fingerprint, subject } = state
  if (incident === undefined || events.length === 0) return []
  const alert = alertDocument({ ...state, incident })
  return events.map((event) => ({
    ...event,
    alertId: incident.alertId,
    fingerprint,
    ruleId: subject.ruleId,
    text: eventText(event.event, alert),
    alert,
  }))
}

/** Why what an alert is about is not judged any more. */
function createReasons(rules: readonly CountedRule[]) {
  const ids = new Set(rules.map(({ rule }) => rule.id))
  const bases = new Map<string, string>()
  return ({ ruleId, type, scope, key: own, direction, basis }: Subject) => {
    if (isSourceType(type)) return undefined
    // Hosts come and go; what they are judged by is all of the rule.
    const key = scope === 'per_host' ? 'rule' : own
    if (!ids.has(ruleId)) return 'rule_deleted'
    if (bases.size === 0) {
      for (const { rule, series } of rules) {
        for (const { prefix, prefixes, direction } of series) {
          const place = trackedKey({ ruleId: rule.id, direction, key: prefix ?? 'rule' })
          bases.set(place, basisOf(rule, prefixes))
        }
      }
    }
    return bases.get(trackedKey({ ruleId, key, direction })) === basis ? undefined : 'rule_changed'
  }
}
