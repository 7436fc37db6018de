// SQL of alerts: their newest states, and when they fired and ended.

const field = (name: string) => `JSONExtractString(doc, '${name}')`

/** From firing to its end, or to the end of the range while it is open. */
export const alertAnnotations = `SELECT
  fired_at AS time,
  if(state = 'resolved', parseDateTimeBestEffortOrZero(${field('resolved_at')}, 'UTC'), toDateTime($__toTime, 'UTC')) AS timeEnd,
  concat(${field('rule_name')}, ': ', arrayStringConcat(prefixes, ', ')) AS text,
  [state, ${field('severity')}] AS tags
FROM alerts FINAL
WHERE fired_at <= $__toTime AND timeEnd >= $__fromTime
ORDER BY fired_at DESC
LIMIT 200`

/** Newest first. */
export const alertsOfRange = `SELECT
  fired_at AS "Fired",
  if(state = 'resolved', parseDateTimeBestEffortOrNull(${field('resolved_at')}, 'UTC'), NULL) AS "Resolved",
  ${field('rule_name')} AS "Rule",
  arrayStringConcat(prefixes, ', ') AS "Prefixes",
  state AS "State",
  ${field('severity')} AS "Severity",
  ${field('metric')} AS "Limit of",
  JSONExtractFloat(doc, 'value') AS "Value",
  JSONExtractFloat(doc, 'limit') AS "Limit",
  JSONExtractFloat(doc, 'peak_bps') AS "Peak",
  JSONExtractFloat(doc, 'peak_pps') AS "Packet peak"
FROM alerts FINAL
WHERE fired_at <= $__toTime AND (state != 'resolved' OR updated_at >= $__fromTime)
ORDER BY state = 'resolved', fired_at DESC
LIMIT 500`

export const alertCounts = `SELECT
  countIf(state != 'resolved') AS "Open",
  countIf(state != 'resolved' AND ${field('severity')} = 'critical') AS "Open and critical",
  countIf(fired_at >= $__fromTime AND fired_at <= $__toTime) AS "Fired in the range"
FROM alerts FINAL`

export const alertEvents = `SELECT at AS "Time", event AS "Event", text AS "What"
FROM alert_events FINAL
WHERE at >= $__fromTime AND at <= $__toTime AND event != 'still_firing'
ORDER BY at DESC
LIMIT 500`
