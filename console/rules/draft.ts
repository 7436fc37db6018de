// A rule as it is typed, and as the API takes it.

import type { Rule } from '../../rules/rule.ts'
import { readAmount } from '../format.ts'

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
] as const satisfies (keyof RuleDraft)[]

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
  }
}

/** Only what a rule of its type has. */
export function bodyOf(draft: RuleDraft) {
  const common = {
    name: draft.name,
    type: draft.type,
    // Lines that hold one keep their places, so that the API's "prefixes/3" is the fourth of them.
    prefixes: draft.prefixes
      .split(/[\s,]+/)
      .map((line) => line.trim())
      .filter((line) => line !== ''),
    scope: draft.scope,
    direction: draft.direction,
  }
  switch (draft.type) {
    case 'threshold':
      return {
        ...common,
        bandwidth_threshold: readAmount(draft.bandwidth_threshold),
        packet_threshold: readAmount(draft.packet_threshold),
        flow_threshold: readAmount(draft.flow_threshold),
        duration: readDuration(draft.duration),
      }
    case 'zscore':
      return {
        ...common,
        zscore_sensitivity: draft.zscore_sensitivity,
        zscore_target: draft.zscore_target,
        min_traffic: readAmount(draft.min_traffic),
      }
    case 'advanced_ddos':
      return { ...common, prefix_match: draft.prefix_match === '' ? null : draft.prefix_match }
  }
}

/** Minutes, or text such as `5m`, which the API reads itself. */
function readDuration(text: string): number | string | null {
  const trimmed = text.trim()
  if (trimmed === '') return null
  return /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed
}
