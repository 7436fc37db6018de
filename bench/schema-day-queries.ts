// 24 hours in steps of five minutes, of the ten greatest: the same question to both schemas.

interface DayQuery {
  by: string
  ours: string
  seed: string
}

const range = (column: string) =>
  `${column} >= toDateTime({from:UInt32}) AND ${column} < toDateTime({to:UInt32})`

/** The ten are found by hours, their series are read by five minutes. */
function ours(name: string, where: string, keys: string): string {
  const rows = `WHERE ${where} AND ${range('time')}`
  return `SELECT ${keys}, time, sum(bytes) AS b, max(peak_bytes) AS peak FROM ours.${name}_5m FINAL ${rows}
    AND (${keys}) IN (SELECT ${keys} FROM ours.${name}_1h FINAL ${rows} GROUP BY ${keys} ORDER BY sum(bytes) DESC LIMIT 10)
    GROUP BY ${keys}, time ORDER BY time`
}

function seed(keys: string, where = '1'): string {
  const from = `FROM seed.raw WHERE ${where} AND ${range('time_received')}`
  return `SELECT ${keys}, toStartOfFiveMinutes(toDateTime(time_received)) AS time, sum(total_bytes) AS b ${from}
    AND (${keys}) IN (SELECT ${keys} ${from} GROUP BY ${keys} ORDER BY sum(total_bytes) DESC LIMIT 10)
    GROUP BY ${keys}, time ORDER BY time`
}

export const dayQueries: readonly DayQuery[] = [
  { by: 'protocol', ours: ours('protocol', "level = 'proto'", 'proto'), seed: seed('proto') },
  { by: 'source AS', ours: ours('source_as', "level = 'as'", 'src_as'), seed: seed('src_as') },
  {
    by: 'port',
    ours: ours('port', "level = 'port'", 'proto, port'),
    seed: seed('proto, least(src_port, dst_port)', 'proto IN (6, 17)'),
  },
  {
    by: 'interface',
    ours: ours('interface', "level = 'in'", 'exporter, in_if'),
    seed: seed('sampler_address, in_if'),
  },
  {
    by: 'host',
    ours: ours('host', "level = 'host' AND direction = 'in'", 'host'),
    seed: seed('dst_addr'),
  },
]
