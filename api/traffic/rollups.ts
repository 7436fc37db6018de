// The rollups as questions see them: what they tell apart, how finely, and for how long they are kept (schema/clickhouse/007, 008).

const minute = 60
const hour = 3600
const day = 24 * hour

export interface RollupTable {
  readonly name: string
  /** Of its column `time`; tables of minutes call it `minute`. */
  readonly timeColumn: 'time' | 'minute'
  readonly resolutionSeconds: number
  readonly keptSeconds: number
  /** Has levels and peaks, is read with FINAL, and is written some time after its buckets are over. */
  readonly isCoarse: boolean
  /** A key's day lies together: little of it is read for a few keys, and all of it for a short time of all keys. */
  readonly isByKey?: boolean
}

export interface Level {
  /** Undefined for rollups without levels. */
  readonly name: string | undefined
  readonly keys: readonly string[]
}

export interface Rollup {
  readonly name: string
  /** From the one with the fewest keys to the one with all. */
  readonly levels: readonly Level[]
  /** From the coarsest to the finest. */
  readonly tables: readonly RollupTable[]
  /** The coarse tables have rows of level `total`, which hold each flow once (of a direction, where rows are of one). */
  readonly hasTotals?: boolean
  /** Holds only some of the flows, or some of them twice: of use only to questions about this field. */
  readonly about?: string
  /** Its rows are of one direction. */
  readonly hasDirection?: boolean
  /** Knows only what came towards. */
  readonly isInbound?: boolean
}

function tablesOf(
  name: string,
  fine: Pick<RollupTable, 'name' | 'timeColumn' | 'resolutionSeconds'> & { keptDays: number },
  keptDays: { minutes: number; hours: number; isByKey?: true } = { minutes: 90, hours: 730 },
): RollupTable[] {
  const { keptDays: fineDays, ...table } = fine
  return [
    coarse(`${name}_1h`, hour, keptDays.hours),
    {
      ...coarse(`${name}_5m`, 5 * minute, keptDays.minutes),
      ...(keptDays.isByKey && { isByKey: true }),
    },
    { ...table, keptSeconds: fineDays * day, isCoarse: false },
  ]
}

function coarse(name: string, resolutionSeconds: number, keptDays: number): RollupTable {
  return {
    name,
    timeColumn: 'time',
    resolutionSeconds,
    keptSeconds: keptDays * day,
    isCoarse: true,
  }
}

const byMinute = (name: string, keptDays = 30) =>
  ({ name, timeColumn: 'minute', resolutionSeconds: minute, keptDays }) as const

const level = (name: string, ...keys: string[]): Level => ({ name, keys })

/** In the order of preference: of those that can answer, the first holds the fewest rows. */
export const rollups: readonly Rollup[] = [
  {
    name: 'protocol',
    hasTotals: true,
    levels: [
      level('total'),
      level('family', 'family'),
      level('proto', 'proto'),
      level('flags', 'family', 'proto', 'tcp_flags'),
    ],
    tables: tablesOf('protocol', byMinute('protocol_1m')),
  },
  {
    name: 'interface',
    hasTotals: true,
    levels: [
      level('total'),
      level('exporter', 'exporter'),
      level('in', 'exporter', 'in_if'),
      level('out', 'exporter', 'out_if'),
      level('pair', 'exporter', 'in_if', 'out_if'),
    ],
    tables: tablesOf('interface', {
      name: 'interface_10s',
      timeColumn: 'time',
      resolutionSeconds: 10,
      keptDays: 7,
    }),
  },
  {
    name: 'source_as',
    hasTotals: true,
    levels: [level('total'), level('as', 'src_as')],
    tables: tablesOf('source_as', byMinute('source_as_1m')),
  },
  {
    name: 'destination_as',
    hasTotals: true,
    levels: [level('total'), level('as', 'dst_as')],
    tables: tablesOf('destination_as', byMinute('destination_as_1m')),
  },
  {
    name: 'port',
    hasTotals: true,
    about: 'port',
    levels: [level('port', 'proto', 'port')],
    tables: tablesOf('port', byMinute('port_1m')),
  },
  {
    name: 'prefix',
    about: 'prefix',
    hasDirection: true,
    levels: [{ name: undefined, keys: ['prefix'] }],
    tables: tablesOf('prefix', byMinute('prefix_minutes', 90)),
  },
  {
    name: 'prefix_vector',
    about: 'prefix',
    isInbound: true,
    levels: [{ name: undefined, keys: ['prefix', 'vector'] }],
    tables: tablesOf('prefix_vector', byMinute('prefix_vector_1m')),
  },
  {
    name: 'host',
    hasTotals: true,
    about: 'host',
    hasDirection: true,
    levels: [level('host', 'host')],
    tables: tablesOf('host', byMinute('host_1m', 7), { minutes: 30, hours: 90, isByKey: true }),
  },
]
