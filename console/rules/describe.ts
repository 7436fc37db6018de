// Rules in words.

import type { Rule } from '../../rules/configuration/rule.ts'
import { formatAmount } from '../format.ts'

export const typeNames = {
  threshold: 'threshold',
  zscore: 'z-score',
  advanced_ddos: 'DDoS by vector',
} as const satisfies Record<Rule['type'], string>

/** What crosses it: `over 1 Gbit/s for 5 min`. */
export function limitsOf(rule: Rule): string {
  if (rule.type === 'zscore') {
    return `${rule.zscore_sensitivity} sensitivity, by ${rule.zscore_target}`
  }
  if (rule.type === 'advanced_ddos') return 'learned, for each kind of packets'
  const limits = [
    rule.bandwidth_threshold !== null && formatAmount(rule.bandwidth_threshold, 'bit/s'),
    rule.packet_threshold !== null && formatAmount(rule.packet_threshold, 'packets/s'),
    rule.flow_threshold !== null && formatAmount(rule.flow_threshold, 'flows/s'),
  ].filter((limit) => limit !== false)
  return `over ${limits.join(' or ')} for ${rule.duration} min`
}
