// The tables that read the collectors' topics by ClickHouse's Kafka engine. They are made where brokers are named; without Kafka a database has none.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { UserError } from '../runtime/errors.ts'
import { kafkaGroup } from '../runtime/kafka-settings.ts'
import { packageRoot } from '../runtime/package-root.ts'
import type { Settings } from '../runtime/settings.ts'
import { createStoreClient, type StoreAddress, type StoreClient } from './client.ts'
import { flowSchema } from './flow-schema.ts'
import { splitStatements } from './statements.ts'

/** The topics as ClickHouse reaches them, which need not be how collectors do. */
export interface KafkaSource {
  brokers: readonly string[]
  /** Of flows. */
  topic: string
  /** Consumer group of the flows' topic; those of other streams are named GROUP_status and so on. */
  group: string
  /** Threads that read the flows' topic. */
  consumers: number
  usesTls: boolean
  sasl?: { mechanism: string; username: string; password: string }
}

/** Streams beside flows, each read into the table of its name. */
const rowStreams = ['status', 'metadata', 'counters']

const flushEveryMs = 1_000
/** Rows of an insert: at ten thousand flows a second the time above decides, when there is much to catch up on this does. */
const rowsPerInsert = 262_144

/** Undefined when the settings name no brokers. */
export function kafkaSource(settings: Settings): KafkaSource | undefined {
  const { kafkaBrokers, kafkaSaslUser, kafkaSaslPassword } = settings
  if (kafkaBrokers === undefined) return undefined
  return {
    brokers: kafkaBrokers,
    topic: settings.kafkaTopic,
    group: kafkaGroup(settings),
    consumers: settings.kafkaConsumers,
    usesTls: settings.kafkaTls || settings.kafkaTlsCa !== undefined,
    ...(kafkaSaslUser !== undefined && {
      sasl: {
        mechanism: settings.kafkaSaslMechanism.toUpperCase(),
        username: kafkaSaslUser,
        password: kafkaSaslPassword ?? '',
      },
    }),
  }
}

/**
 * Makes the tables that read from Kafka. Those that are there and differ are made anew: they hold no data, and reading goes on where it was, when
 * brokers have noticed that the old reader is gone, which takes up to a minute. The database must be migrated. Returns the streams whose tables it made.
 */
export async function readFromKafka(address: StoreAddress, source: KafkaSource): Promise<string[]> {
  const directory = path.join(packageRoot, 'schema', 'clickhouse-kafka')
  const tables = await readFile(path.join(directory, 'tables.sql'), 'utf8')
  const stream = await readFile(path.join(directory, 'stream.sql'), 'utf8')
  const client = createStoreClient(address)
  try {
    await run(client, tables)
    const made: string[] = []
    for (const name of ['flows', ...rowStreams]) {
      const settings = formatSettings(engineSettings(name, source))
      const sql = await fillTemplate(client, stream, name, settings)
      const digest = createHash('sha256').update(sql).digest('hex')
      // A digest of a password would help to guess it: with one, nobody can tell whether it has changed.
      if (source.sasl === undefined && (await digestOf(client, name)) === digest) continue
      await run(client, sql.replace('{{digest}}', source.sasl === undefined ? digest : ''))
      made.push(name)
    }
    return made
  } finally {
    await client.close()
  }
}

async function run(client: StoreClient, sql: string): Promise<void> {
  for (const statement of splitStatements(sql)) await client.command({ query: statement })
}

async function fillTemplate(
  client: StoreClient,
  template: string,
  stream: string,
  settings: string,
): Promise<string> {
  const target = stream === 'flows' ? 'ingest' : stream
  const columns = (await readColumns(client, target)).filter(
    ({ name }) => !(stream === 'flows' && name === 'segment'),
  )
  const names = columns.map(({ name }) => name).join(', ')
  const parts: Record<string, string> = {
    stream,
    target,
    columns: columns.map(({ name, type }) => `${name} ${type}`).join(',\n    '),
    names,
    selected: stream === 'flows' ? `${names}, kafka_segment AS segment` : names,
    settings,
  }
  return template.replaceAll(/{{(\w+)}}/g, (whole, name: string) => parts[name] ?? whole)
}

/** Of the tables that there are; the entry is made last, so that it stands for all of them. */
async function digestOf(client: StoreClient, stream: string): Promise<string | undefined> {
  const result = await client.query({
    query:
      'SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = {entry:String}',
    query_params: { entry: `kafka_${stream}_entry` },
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ comment: string }>()
  return row?.comment
}

/** Those that an insert gives; others the table fills by itself. */
async function readColumns(
  client: StoreClient,
  table: string,
): Promise<{ name: string; type: string }[]> {
  const result = await client.query({
    query: `SELECT name, type FROM system.columns
      WHERE database = currentDatabase() AND table = {table:String} AND default_kind = '' ORDER BY position`,
    query_params: { table },
    format: 'JSONEachRow',
  })
  const columns = await result.json<{ name: string; type: string }>()
  if (columns.length === 0) {
    throw new UserError(`the database has no table ${table}: run \`netmon migrate\``)
  }
  return columns
}

type EngineSettings = Record<string, string | number>

function engineSettings(stream: string, source: KafkaSource): EngineSettings {
  const isFlows = stream === 'flows'
  const { brokers, topic, group, consumers, usesTls, sasl } = source
  const format = isFlows
    ? {
        kafka_format: 'Protobuf',
        format_schema_source: 'string',
        format_schema: flowSchema,
        format_schema_message_name: 'FlowMessage',
      }
    : { kafka_format: 'JSONEachRow' }
  return {
    kafka_broker_list: brokers.join(','),
    kafka_topic_list: isFlows ? topic : `${topic}_${stream}`,
    kafka_group_name: isFlows ? group : `${group}_${stream}`,
    kafka_client_id: 'netmon',
    ...format,
    // A message that cannot be read comes out as one row with _error, and reading goes on.
    kafka_handle_error_mode: 'stream',
    kafka_num_consumers: isFlows ? consumers : 1,
    kafka_thread_per_consumer: 1,
    kafka_flush_interval_ms: flushEveryMs,
    kafka_max_block_size: rowsPerInsert,
    kafka_security_protocol: `${sasl ? 'sasl_' : ''}${usesTls ? 'ssl' : 'plaintext'}`,
    ...(sasl && {
      kafka_sasl_mechanism: sasl.mechanism,
      kafka_sasl_username: sasl.username,
      kafka_sasl_password: sasl.password,
    }),
  }
}

function formatSettings(settings: EngineSettings): string {
  const literal = (value: string | number) =>
    typeof value === 'number'
      ? String(value)
      : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${literal(value)}`)
    .join(',\n    ')
}
