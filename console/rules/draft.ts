// A rule as it is typed, and as the API takes it.

import type { Rule } from '../../rules/configuration/rule.ts'
import type { Severity } from '../../rules/configuration/severity.ts'
import { type Vector, vectors } from '../../rules/ddos/vectors.ts'
import { readAmount } from '../format.ts'

/** What a rule says of one vector, as its inputs hold it. Empty: as usual. */
export interface VectorDraft {
  enabled: boolean
  bandwidth_floor: string
  packet_floor: string
  flow_floor: string
}

/** Every field as its input holds it. */
export interface RuleDraft {
  name: string
  type: Rule['type']
  /** One a line. */
  prefixes: string
  scope: Rule['scope']
  direction: Rule['direction']
  bandwidth_threshold: string
  packet_threshold: string
  flow_threshold: string
  duration: string
  zscore_sensitivity: NonNullable<Rule['zscore_sensitivity']>
  zscore_target: NonNullable<Rule['zscore_target']>
  min_traffic: string
  prefix_match: NonNullable<Rule['prefix_match']> | ''
  sensitivity: NonNullable<Rule['sensitivity']>
  min_samples: string
  vectors: Readonly<Record<Vector, VectorDraft>>
  severity_least: Severity | ''
  severity_high: string
  severity_critical: string
  repeat_interval: string
  escalation_factor: string
}

export const ruleFields = [
  'name',
  'type',
  'prefixes',
  'scope',
  'direction',
  'bandwidth_threshold',
  'packet_threshold',
  'flow_threshold',
  'duration',
  'zscore_sensitivity',
  'zscore_target',
  'min_traffic',
  'prefix_match',
  'sensitivity',
  'min_samples',
  'vectors',
  'severity',
  'repeat_interval',
  'escalation_factor',
] as const satisfies (keyof Rule)[]

export function draftOf(rule: Rule | undefined): RuleDraft {
  const amount = (value: number | null | undefined) => (value == null ? '' : String(value))
  return {
    name: rule?.name ?? '',
    type: rule?.type ?? 'threshold',
    prefixes: rule?.prefixes.join('\n') ?? '',
    scope: rule?.scope ?? 'rule',
    direction: rule?.direction ?? 'in',
    bandwidth_threshold: amount(rule?.bandwidth_threshold),
    packet_threshold: amount(rule?.packet_threshold),
    flow_threshold: amount(rule?.flow_threshold),
    duration: String(rule?.duration ?? 2),
    zscore_sensitivity: rule?.zscore_sensitivity ?? 'medium',
    zscore_target: rule?.zscore_target ?? 'bits',
    min_traffic: amount(rule?.min_traffic),
    prefix_match: rule?.prefix_match ?? '',
    sensitivity: rule?.sensitivity ?? 'medium',
    min_samples: String(rule?.min_samples ?? 10),
    vectors: Object.fromEntries(
      vectors.map((vector) => {
        const setting = rule?.vectors?.[vector]
        return [
          vector,
          {
            enabled: setting?.enabled ?? true,
            bandwidth_floor: amount(setting?.bandwidth_floor),
            packet_floor: amount(setting?.packet_floor),
            flow_floor: amount(setting?.flow_floor),
          },
        ]
      }),
    ) as Record<Vector, VectorDraft>,
    severity_least: rule?.severity?.least ?? '',
    severity_high: amount(rule?.severity?.high),
    severity_critical: amount(rule?.severity?.critical),
    repeat_interval: amount(rule?.repeat_interval),
    escalation_factor: amount(rule?.escalation_factor),
  }
}

/** What belongs to another type is taken away; what the form does not know stays as it is. */
export function bodyOf(draft: RuleDraft) {
  const { type } = draft
  const of = <T>(owner: Rule['type'], value: T) => (type === owner ? value : null)
  return {
    name: draft.name,
    type,
    // Lines that hold one keep their places, so that the API's "prefixes/3" is the fourth of them.
    prefixes: draft.prefixes.split(/[\s,]+/).filter((line) => line !== ''),
    scope: draft.scope === 'per_host' && type !== 'threshold' ? 'rule' : draft.scope,
    direction: type === 'advanced_ddos' ? 'in' : draft.direction,
    min_samples: readAmount(draft.min_samples),
    bandwidth_threshold: of('threshold', readAmount(draft.bandwidth_threshold)),
    packet_threshold: of('threshold', readAmount(draft.packet_threshold)),
    flow_threshold: of('threshold', readAmount(draft.flow_threshold)),
    duration: of('threshold', readDuration(draft.duration)),
    zscore_sensitivity: of('zscore', draft.zscore_sensitivity),
    zscore_target: of('zscore', draft.zscore_target),
    min_traffic: of('zscore', readAmount(draft.min_traffic)),
    prefix_match: of('advanced_ddos', draft.prefix_match === '' ? null : draft.prefix_match),
    sensitivity: of('advanced_ddos', draft.sensitivity),
    vectors: of('advanced_ddos', vectorsOf(draft)),
    severity: severityOf(draft),
    repeat_interval: readAmount(draft.repeat_interval),
    escalation_factor: readAmount(draft.escalation_factor),
  }
}

/** Null where all of it is as usual. */
function severityOf({ severity_least, severity_high, severity_critical }: RuleDraft) {
  const least = severity_least === '' ? null : severity_least
  const severity = {
    least,
    high: readAmount(severity_high),
    critical: readAmount(severity_critical),
  }
  return Object.values(severity).every((value) => value === null) ? null : severity
}

/** Only those of which the rule says something; null when there is none. */
function vectorsOf({ vectors }: RuleDraft) {
  const said = Object.entries(vectors).flatMap(([vector, { enabled, ...floors }]) => {
    const setting = {
      enabled,
      bandwidth_floor: readAmount(floors.bandwidth_floor),
      packet_floor: readAmount(floors.packet_floor),
      flow_floor: readAmount(floors.flow_floor),
    }
    const isUsual = enabled && Object.values(floors).every((floor) => floor.trim() === '')
    return isUsual ? [] : [[vector, setting] as const]
  })
  return said.length === 0 ? null : Object.fromEntries(said)
}

/** Minutes, or text such as `5m`, which the API reads itself. */
function readDuration(text: string): number | string | null {
  const trimmed = text.trim()
  if (trimmed === '') return null
  return /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed
}
