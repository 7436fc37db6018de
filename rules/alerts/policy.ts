// How severe an alert is, and when it is worth telling again: what a rule says of that, and what holds where it says nothing.

import type { Rule } from '../configuration/rule.ts'
import { type Severity, severities, usualRatios } from '../configuration/severity.ts'

export interface Policy {
  /** An alert is never milder. */
  leastSeverity: Severity
  /** Times the limit, as in `usualRatios`. */
  high: number
  critical: number
  /** An open alert that nobody acknowledged is told again after so many minutes; 0: never. */
  repeatMinutes: number
  /** One that has grown by more than this since it was told is told again. */
  escalationFactor: number
}

export const usualPolicy: Policy = {
  leastSeverity: 'warning',
  ...usualRatios,
  repeatMinutes: 60,
  escalationFactor: 2,
}

export function policyOf({
  severity,
  repeat_interval,
  escalation_factor,
}: Pick<Rule, 'severity' | 'repeat_interval' | 'escalation_factor'>): Policy {
  return {
    leastSeverity: severity?.least ?? usualPolicy.leastSeverity,
    high: severity?.high ?? usualPolicy.high,
    critical: severity?.critical ?? usualPolicy.critical,
    repeatMinutes: repeat_interval ?? usualPolicy.repeatMinutes,
    escalationFactor: escalation_factor ?? usualPolicy.escalationFactor,
  }
}

/** @param ratio how many times the limit the value was at most */
export function severityOf(ratio: number, { leastSeverity, high, critical }: Policy): Severity {
  const reached = ratio > critical ? 'critical' : ratio >= high ? 'high' : 'warning'
  const index = Math.max(severities.indexOf(reached), severities.indexOf(leastSeverity))
  return severities[index]!
}
