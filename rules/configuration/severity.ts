// How severe an alert is.

/** From the mildest on. */
export const severities = ['warning', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]
