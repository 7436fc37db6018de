// How severe an alert is.

/** From the mildest on. */
export const severities = ['warning', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]

/** Times the limit, where a rule does not say: from `high` on an alert is high, above `critical` critical. */
export const usualRatios = { high: 2, critical: 5 } as const
