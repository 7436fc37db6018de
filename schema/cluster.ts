// The same migrations for a cluster: Replicated tables on every shard, Distributed ones over them, all ON CLUSTER.
//
// A table `t` becomes `t_local`, replicated inside its shard, and `t`, Distributed over all shards, which readers and writers go on to use. Views
// work inside their shard, from ingest_local into the local tables. What is sent again must come to the shard where it went first, whose tables know
// its token: so the key by which rows are spread is the segment's name, or another value of the row itself. Configuration is a whole copy on
// every server, where views and dictionaries look it up.

/** Where the rows of a table are. */
type Place =
  /** A whole copy on every server. */
  | 'everywhere'
  /** Spread by the value of this expression. */
  | { by: string }
  /** Where views write them: nobody inserts from outside. */
  | 'written by views'

/** Kept by 5 minutes and by hours as well, in `<name>_5m` and `<name>_1h`. */
export const coarseRollups = [
  'interface',
  'protocol',
  'source_as',
  'destination_as',
  'port',
  'prefix',
  'prefix_vector',
  'host',
] as const

const places: Readonly<Record<string, Place>> = {
  migrations: 'everywhere',
  routers: 'everywhere',
  rules: 'everywhere',
  tokens: 'everywhere',
  audit: 'everywhere',
  account: 'everywhere',
  prefixes: 'everywhere',
  prefix_fills: 'everywhere',
  alert_evaluations: 'everywhere',
  alert_events: 'everywhere',
  alerts: 'everywhere',
  alert_evidence: 'everywhere',
  silences: 'everywhere',
  channels: 'everywhere',
  channel_progress: 'everywhere',
  notifications: 'everywhere',
  ingest: { by: 'sipHash64(segment)' },
  status: { by: 'sipHash64(collector)' },
  metadata: { by: 'sipHash64(exporter)' },
  counters: { by: 'sipHash64(exporter)' },
  raw: 'written by views',
  segments: 'written by views',
  interface_10s: 'written by views',
  protocol_1m: 'written by views',
  source_as_1m: 'written by views',
  destination_as_1m: 'written by views',
  port_1m: 'written by views',
  host_1m: 'written by views',
  // The API fills in minutes of new prefixes, and writes all coarser tables.
  prefix_minutes: { by: 'sipHash64(minute)' },
  prefix_vector_1m: { by: 'sipHash64(minute)' },
  ...Object.fromEntries(
    coarseRollups
      .flatMap((name) => [`${name}_5m`, `${name}_1h`])
      .map((name) => [name, { by: 'sipHash64(time)' }]),
  ),
}

const create =
  /^((?:\s|--[^\n]*\n)*)CREATE (TABLE|MATERIALIZED VIEW|DICTIONARY) IF NOT EXISTS (\w+)(?: TO (\w+))?(?: AS (\w+)(?=\s+ENGINE))?/
const engine = /\bENGINE = (\w*MergeTree|Null)(?:\(([^()]*)\))?/

/**
 * The statements that one statement of a migration becomes on the cluster.
 * @throws Error for a statement of a kind, or a table, that this does not know: whoever adds one says here where its rows are.
 */
export function onCluster(statement: string, database: string, cluster: string): string[] {
  const match = create.exec(statement)
  if (match === null) throw new Error(`no rule for a cluster: ${statement.slice(0, 100)}`)
  const [head, before = '', kind, name = '', target, model] = match
  const rest = statement.slice(head.length)
  const onIt = `ON CLUSTER '${cluster}'`
  switch (kind) {
    case 'DICTIONARY':
      return [`${before}CREATE DICTIONARY IF NOT EXISTS ${name} ${onIt}${rest}`]
    case 'MATERIALIZED VIEW': {
      const inside = rest.replaceAll(/\bFROM ingest\b/g, 'FROM ingest_local')
      return [
        `${before}CREATE MATERIALIZED VIEW IF NOT EXISTS ${name} ${onIt} TO ${localName(target ?? '')}${inside}`,
      ]
    }
    default: {
      const place = placeOf(name)
      const as = model === undefined ? '' : ` AS ${localName(model)}`
      const local = `${before}CREATE TABLE IF NOT EXISTS ${localName(name)} ${onIt}${as}${replicated(rest, place)}`
      if (place === 'everywhere') return [local]
      const key = place === 'written by views' ? '' : `, ${place.by}`
      const whole = `CREATE TABLE IF NOT EXISTS ${name} ${onIt} AS ${localName(name)} ENGINE = Distributed('${cluster}', '${database}', '${localName(name)}'${key})`
      return [local, whole]
    }
  }
}

/** The table that holds the rows on each server, for statements that Distributed tables do not take. */
export function localName(table: string): string {
  return placeOf(table) === 'everywhere' ? table : `${table}_local`
}

function placeOf(table: string): Place {
  const place = places[table]
  if (place === undefined) throw new Error(`where are the rows of ${table} on a cluster?`)
  return place
}

/** Macros stand in the server's configuration; {database} and {table} are the statement's own. */
function replicated(definition: string, place: Place): string {
  const [path, replica] =
    place === 'everywhere'
      ? ['/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}']
      : ['/clickhouse/tables/{shard}/{database}/{table}', '{replica}']
  if (!engine.test(definition))
    throw new Error(`no engine for a cluster: ${definition.slice(-300)}`)
  return definition
    .replace(engine, (text, name: string, parameters: string | undefined) => {
      if (name === 'Null') return text
      const all = [`'${path}'`, `'${replica}'`, ...(parameters === undefined ? [] : [parameters])]
      return `ENGINE = Replicated${name}(${all.join(', ')})`
    })
    .replace(
      /\bnon_replicated_deduplication_window = (\d+)/,
      'replicated_deduplication_window = $1, replicated_deduplication_window_seconds = 604800',
    )
}
