// Collectors and the way to the tables: what comes in, what is lost and why, what waits, and the room that is left.

import { createDashboard } from './dashboard.ts'
import { numbersPanel, row, seriesPanel, tablePanel } from './panels.ts'
import { counterRates, dropsByReason, gauge } from './status-sql.ts'

/** What the store has taken, by when it was taken. */
const insertRate = `WITH toUInt32(ceil($__interval_s / 10) * 10) AS step
SELECT toDateTime(intDiv(toUnixTimestamp(segments.time), step) * step, 'UTC') AS time, toFloat64(sum(flows)) / step AS "Flows stored"
FROM segments
WHERE segments.time >= $__fromTime AND segments.time <= $__toTime
GROUP BY time
ORDER BY time`

const storage = `WITH
  (SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase()) AS all_bytes,
  (SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase() AND table = 'raw') AS raw_bytes,
  (SELECT dateDiff('second', min(min_time), now()) / 86400 FROM system.parts WHERE active AND database = currentDatabase() AND table = 'raw' AND rows > 0) AS days,
  (SELECT min(free_space) FROM system.disks) AS free_bytes
SELECT
  all_bytes AS "All tables",
  raw_bytes AS "Flows",
  days AS "Days of flows",
  raw_bytes / greatest(days, 1 / 24) AS "A day of flows",
  free_bytes AS "Free on disk",
  if(raw_bytes > 0, free_bytes / ("A day of flows"), NULL) AS "Days left on disk"`

const tables = `SELECT table AS "Table", sum(bytes_on_disk) AS "Bytes", sum(rows) AS "Rows", "Bytes" / "Rows" AS "Bytes a row", count() AS "Parts"
FROM system.parts
WHERE active AND database = currentDatabase()
GROUP BY table
HAVING "Rows" > 0
ORDER BY "Bytes" DESC
LIMIT 100`

export const pipelineDashboards = {
  pipeline: createDashboard('netmon-pipeline', 'Collectors and pipeline')
    .withRow(row('Collectors'))
    .withPanel(
      seriesPanel({
        title: 'Per second: datagrams, flows decoded and acknowledged',
        sql: counterRates({
          datagrams: 'datagrams',
          flows: 'flows',
          acknowledged: 'flows_acknowledged',
        }),
        unit: 'short',
      }),
    )
    .withPanel(
      tablePanel({
        title: 'Lost in the range, by reason',
        description: 'Empty is well. docs/operating.md tells what to do about each.',
        sql: dropsByReason,
        width: 12,
      }),
    )
    .withPanel(
      seriesPanel({
        title: 'Kernel drops per second',
        sql: counterRates({ drops: 'kernel_drops' }),
        unit: 'short',
        width: 12,
        height: 10,
      }),
    )
    .withRow(row('On the way to the tables'))
    .withPanel(
      seriesPanel({
        title: 'Lag: how far what is stored is behind what was received',
        description:
          'From the watermark of each collector: all that it received before that is in the tables, through Kafka as well.',
        sql: gauge("dateDiff('millisecond', watermark, status.time) / 1000"),
        unit: 's',
        width: 12,
      }),
    )
    .withPanel(
      seriesPanel({
        title: 'Flows that wait in the spool',
        sql: gauge('flows_spooled'),
        unit: 'short',
        width: 12,
      }),
    )
    .withPanel(
      seriesPanel({
        title: 'Flows stored per second',
        sql: insertRate,
        unit: 'short',
        width: 12,
      }),
    )
    .withPanel(
      seriesPanel({
        title: 'Bytes in the spool',
        sql: gauge('spool_bytes'),
        unit: 'bytes',
        width: 12,
      }),
    )
    .withRow(row('Room'))
    .withPanel(
      numbersPanel({
        title: 'Room on disk, now',
        description: 'Days left: what is free, by what a day of flows takes.',
        sql: storage,
        unit: 'bytes',
        units: { 'Days of flows': 'short', 'Days left on disk': 'short' },
      }),
    )
    .withPanel(
      tablePanel({ title: 'Tables, now', sql: tables, units: { Bytes: 'bytes', Rows: 'short' } }),
    ),
}
