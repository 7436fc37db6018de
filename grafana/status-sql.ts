// SQL of the table status, to which each collector writes how it and its exporters are every 10 s. Counters are of a run: they begin with it.

const grown = (column: string) => `greatest(0, toInt64(last_${column}) - toInt64(first_${column}))`

/** What a counter grew by between two rows of a run, per second, by bucket. `counters` are SQL expressions by the name of their series. */
export function counterRates(
  counters: Readonly<Record<string, string>>,
  kind: 'collector' | 'exporter' = 'collector',
): string {
  const pairs = Object.entries(counters).map(([name, sql]) => `('${name}', toInt64(${sql}))`)
  const run = kind === 'collector' ? 'collector, boot' : 'collector, boot, exporter, udp_source'
  const label = kind === 'collector' ? 'collector' : "replaceOne(toString(exporter), '::ffff:', '')"
  return `WITH toUInt32(ceil($__interval_s / 10) * 10) AS step
SELECT time, series, sum(growth) / step AS value
FROM
(
  SELECT
    toDateTime(intDiv(toUnixTimestamp(row_time), step) * step, 'UTC') AS time,
    concat(label, ' ', counter.1) AS series,
    greatest(0, counter.2 - lagInFrame(counter.2, 1, counter.2) OVER (PARTITION BY ${run}, counter.1 ORDER BY row_time)) AS growth
  FROM
  (
    SELECT status.time AS row_time, ${run}, ${label} AS label, arrayJoin([${pairs.join(', ')}]) AS counter
    FROM status
    WHERE kind = '${kind}' AND status.time >= $__fromTime - INTERVAL 30 SECOND AND status.time <= $__toTime
  )
)
WHERE time >= $__fromTime
GROUP BY time, series
ORDER BY time, series`
}

/** What maps by reason grew by in the range. */
export const dropsByReason = `WITH
  runs AS (
    SELECT collector, boot, argMin(what, row_time) AS first_map, argMax(what, row_time) AS last_map, min(row_time) AS first_time, any(run_start) AS run_start
    FROM
    (
      SELECT status.time AS row_time, started AS run_start, collector, boot,
        mapUpdate(
          mapUpdate(
            mapApply((k, v) -> (concat('flows: ', k), v), flows_dropped),
            mapApply((k, v) -> (concat('datagrams refused: ', k), v), datagrams_refused)),
          mapUpdate(
            mapApply((k, v) -> (concat('sets not decoded: ', k), v), undecodable_sets),
            map('datagrams: kernel drops', kernel_drops))) AS what
      FROM status
      WHERE kind = 'collector' AND status.time >= $__fromTime AND status.time <= $__toTime
    )
    GROUP BY collector, boot
  )
SELECT collector AS "Collector", reason AS "Reason", sum(toInt64(last_map[reason]) - if(run_start >= $__fromTime, 0, toInt64(first_map[reason]))) AS "Lost"
FROM runs
ARRAY JOIN mapKeys(last_map) AS reason
GROUP BY "Collector", "Reason"
HAVING "Lost" > 0
ORDER BY "Lost" DESC
LIMIT 100`

/** A gauge of collectors over time: the greatest of a bucket. */
export function gauge(expression: string): string {
  return `WITH toUInt32(ceil($__interval_s / 10) * 10) AS step
SELECT toDateTime(intDiv(toUnixTimestamp(status.time), step) * step, 'UTC') AS time, collector AS series, max(toFloat64(${expression})) AS value
FROM status
WHERE kind = 'collector' AND status.time >= $__fromTime AND status.time <= $__toTime
GROUP BY time, series
ORDER BY time, series`
}

/** Each exporter as its newest row of the range has it. Lost is what its sequence numbers said in the range. */
export const exporters = `SELECT
  replaceOne(toString(exporter), '::ffff:', '') AS "Exporter",
  max(seen) AS "Last seen",
  dateDiff('second', "Last seen", now()) AS "Silent",
  sum(${grown('flows')}) AS "Flows",
  sum(${grown('datagrams')}) AS "Datagrams",
  sum(${grown('lost')}) AS "Lost",
  argMax(rate, seen) AS "Sampling rate",
  argMax(source, seen) AS "Sampling source",
  argMax(skew, seen) AS "Clock skew",
  sum(${grown('resets')}) AS "Restarts"
FROM
(
  SELECT
    exporter,
    max(last_seen) AS seen,
    if(min(first_seen) >= $__fromTime, 0, argMin(flows, status.time)) AS first_flows,
    argMax(flows, status.time) AS last_flows,
    if(min(first_seen) >= $__fromTime, 0, argMin(datagrams, status.time)) AS first_datagrams,
    argMax(datagrams, status.time) AS last_datagrams,
    if(min(first_seen) >= $__fromTime, 0, argMin(arraySum(mapValues(lost)), status.time)) AS first_lost,
    argMax(arraySum(mapValues(lost)), status.time) AS last_lost,
    if(min(first_seen) >= $__fromTime, 0, argMin(sequence_resets, status.time)) AS first_resets,
    argMax(sequence_resets, status.time) AS last_resets,
    argMax(sampling_rate, status.time) AS rate,
    toString(argMax(sampling_source, status.time)) AS source,
    argMax(clock_skew_ms, status.time) AS skew
  FROM status
  WHERE kind = 'exporter' AND status.time >= $__fromTime AND status.time <= $__toTime
  GROUP BY exporter, udp_source, collector, boot
)
GROUP BY exporter
ORDER BY "Last seen" DESC
LIMIT 1000`

/** How many flows of the range have a rate that nobody told. */
export const samplingSources = `SELECT
  toString(sampling_source) AS "Sampling source", count() AS "Flows"
FROM raw
WHERE time_received >= greatest($__fromTime, $__toTime - INTERVAL 1 HOUR) AND time_received <= $__toTime
GROUP BY sampling_source
ORDER BY "Flows" DESC`
