// Every setting of every command, in one table: flags win over the environment, the environment over defaults.
// A variable NETMON_* that is not here is an error, since it is most likely a misspelt one.

import { UserError } from './errors.ts'

interface Setting<T> {
  readonly env: string
  /** Absent for secrets: a flag is seen by everybody who can list processes. */
  readonly flag?: string
  /** As text; undefined when there is none. */
  readonly fallback?: string
  readonly help: string
  /** @throws UserError-free: answers undefined when the text is not acceptable. */
  readonly parse: (text: string) => T | undefined
  /** What `parse` accepts, for the error line. */
  readonly expects: string
}

const text = {
  parse: (value: string) => (value === '' ? undefined : value),
  expects: 'a text that is not empty',
}
const port = {
  parse: (value: string) =>
    /^\d{1,5}$/.test(value) && Number(value) <= 65535 ? Number(value) : undefined,
  expects: 'a port, 0 to 65535',
}
const url = {
  parse: (value: string) =>
    /^https?:\/\/[^\s]+$/.test(value) ? value.replace(/\/+$/, '') : undefined,
  expects: 'an address such as http://127.0.0.1:8123',
}

const trueOrFalse = {
  parse: (value: string) => (value === 'true' ? true : value === 'false' ? false : undefined),
  expects: 'true or false',
}

function oneOf<const T extends string>(...values: T[]) {
  return {
    parse: (value: string) => values.find((candidate) => candidate === value),
    expects: `one of ${values.join(', ')}`,
  }
}

/** A number of bytes, as such or with KiB to TiB. */
function parseBytes(value: string): number | undefined {
  const match = /^(\d{1,15})(?: ?([KMGT])iB)?$/.exec(value)
  if (match === null) return undefined
  const bytes =
    Number(match[1]) * 1024 ** (match[2] === undefined ? 0 : 'KMGT'.indexOf(match[2]) + 1)
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined
}

function parseDays(value: string): number | undefined {
  const days = /^\d{1,5}$/.test(value) ? Number(value) : 0
  return days >= 1 && days <= 36_500 ? days : undefined
}

/** Prefixes as they are written: their meaning is not this file's. */
function parseList(value: string): string[] | undefined {
  const texts = value.split(',').map((text) => text.trim())
  return texts.every((text) => /^[0-9a-fA-F.:]+(?:\/\d{1,3})?$/.test(text)) ? texts : undefined
}

/** A socket address to bind; an empty host means all addresses of the machine. */
export interface Endpoint {
  host: string
  port: number
}

function parseEndpoint(value: string): Endpoint | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]/]*)):(\d{1,5})$/.exec(value)
  if (match === null || Number(match[3]) > 65535) return undefined
  return { host: match[1] ?? match[2] ?? '', port: Number(match[3]) }
}

/** host:port, without the port 0. */
function parseBrokers(value: string): string[] | undefined {
  const brokers = value.split(',').map((part) => part.trim())
  const areGood = brokers.every((broker) => {
    const endpoint = parseEndpoint(broker)
    return endpoint !== undefined && endpoint.host !== '' && endpoint.port !== 0
  })
  return areGood ? brokers : undefined
}

/** As `parseEndpoint` reads it. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function parseListen(value: string): Endpoint[] | undefined {
  const endpoints: Endpoint[] = []
  for (const part of value.split(',')) {
    const trimmed = part.trim()
    const endpoint = trimmed.startsWith('udp://') ? parseEndpoint(trimmed.slice(6)) : undefined
    if (endpoint === undefined) return undefined
    endpoints.push(endpoint)
  }
  return endpoints
}

/** Of the collector's sink, and of the tables that read its topics. */
const kafkaDefinitions = {
  kafkaBrokers: {
    env: 'NETMON_KAFKA_BROKERS',
    flag: 'kafka-brokers',
    help: 'Kafka brokers to begin with, host:port,host:port',
    parse: parseBrokers,
    expects: 'addresses such as kafka1:9092,kafka2:9092',
  },
  kafkaTopic: {
    env: 'NETMON_KAFKA_TOPIC',
    flag: 'kafka-topic',
    fallback: 'flows',
    help: 'topic of flows; those of other streams are named TOPIC_status and so on',
    parse: (value: string) => (/^[\w.-]{1,200}$/.test(value) ? value : undefined),
    expects: 'letters, digits, dots, _ and -, at most 200',
  },
  kafkaPartitions: {
    env: 'NETMON_KAFKA_PARTITIONS',
    flag: 'kafka-partitions',
    fallback: '6',
    help: "partitions of the flows' topic, where it is missing and is created",
    parse: (value: string) => (/^[1-9]\d{0,3}$/.test(value) ? Number(value) : undefined),
    expects: 'a number from 1 to 9999',
  },
  kafkaGroup: {
    env: 'NETMON_KAFKA_GROUP',
    flag: 'kafka-group',
    help: "consumer group by which ClickHouse reads the flows' topic (default: netmon_DATABASE)",
    parse: (value: string) => (/^[\w.-]{1,200}$/.test(value) ? value : undefined),
    expects: 'letters, digits, dots, _ and -, at most 200',
  },
  kafkaConsumers: {
    env: 'NETMON_KAFKA_CONSUMERS',
    flag: 'kafka-consumers',
    fallback: '1',
    help: "threads of ClickHouse that read the flows' topic; not more than it has cores",
    parse: (value: string) => (/^[1-9]\d?$/.test(value) ? Number(value) : undefined),
    expects: 'a number from 1 to 99',
  },
  kafkaTls: {
    env: 'NETMON_KAFKA_TLS',
    flag: 'kafka-tls',
    fallback: 'false',
    help: 'true: connections to brokers use TLS',
    ...trueOrFalse,
  },
  kafkaTlsCa: {
    env: 'NETMON_KAFKA_TLS_CA',
    flag: 'kafka-tls-ca',
    help: "PEM file of the authority that signs the brokers' certificates (default: the public ones)",
    ...text,
  },
  kafkaTlsCert: {
    env: 'NETMON_KAFKA_TLS_CERT',
    flag: 'kafka-tls-cert',
    help: "PEM file of the client's certificate",
    ...text,
  },
  kafkaTlsKey: {
    env: 'NETMON_KAFKA_TLS_KEY',
    flag: 'kafka-tls-key',
    help: "PEM file of the client's key",
    ...text,
  },
  kafkaSaslMechanism: {
    env: 'NETMON_KAFKA_SASL_MECHANISM',
    flag: 'kafka-sasl-mechanism',
    fallback: 'scram-sha-512',
    help: 'how the user is proved, where there is one: plain, scram-sha-256 or scram-sha-512',
    ...oneOf('plain', 'scram-sha-256', 'scram-sha-512'),
  },
  kafkaSaslUser: {
    env: 'NETMON_KAFKA_SASL_USER',
    flag: 'kafka-sasl-user',
    help: 'user that brokers ask for (default: none)',
    ...text,
  },
  kafkaSaslPassword: {
    env: 'NETMON_KAFKA_SASL_PASSWORD',
    help: "that user's password",
    parse: (value: string) => value,
    expects: 'a text',
  },
  kafkaCompression: {
    env: 'NETMON_KAFKA_COMPRESSION',
    flag: 'kafka-compression',
    fallback: 'none',
    help: 'of messages: none, gzip, or zstd (Node 22.15 or newer)',
    ...oneOf('none', 'gzip', 'zstd'),
  },
  kafkaFlowsPerMessage: {
    env: 'NETMON_KAFKA_FLOWS_PER_MESSAGE',
    flag: 'kafka-flows-per-message',
    fallback: 'many',
    help: 'many: as many flows as fit in 256 KiB; 1: one each, for consumers that want it so',
    ...oneOf('many', '1'),
  },
} satisfies Record<string, Setting<unknown>>

const definitions = {
  dataDir: {
    env: 'NETMON_DATA_DIR',
    flag: 'data',
    fallback: './data',
    help: 'directory for everything that is kept',
    ...text,
  },
  listen: {
    env: 'NETMON_LISTEN',
    flag: 'listen',
    fallback: 'udp://:2055,udp://:4739,udp://:6343',
    help: 'UDP addresses to receive exports on; each takes all four protocols',
    parse: parseListen,
    expects: 'addresses such as udp://:2055,udp://[::1]:6343',
  },
  sink: {
    env: 'NETMON_SINK',
    flag: 'sink',
    fallback: 'clickhouse',
    help: 'where flows go: clickhouse, kafka, or stdout as JSON lines',
    ...oneOf('clickhouse', 'kafka', 'stdout'),
  },
  exporters: {
    env: 'NETMON_EXPORTERS',
    flag: 'exporters',
    fallback: 'any',
    help: 'whose flows to keep: any, or known (only registered routers)',
    ...oneOf('any', 'known'),
  },
  compat: {
    env: 'NETMON_COMPAT',
    flag: 'compat',
    fallback: 'none',
    help: 'goflow2: the few values that differ are as GoFlow2 writes them (docs/protocols.md)',
    ...oneOf('none', 'goflow2'),
  },
  collectorHttp: {
    env: 'NETMON_COLLECTOR_HTTP',
    flag: 'collector-http',
    fallback: '127.0.0.1:8080',
    help: "address of the collector's /metrics, /health and /templates",
    parse: parseEndpoint,
    expects: 'an address such as 127.0.0.1:8080',
  },
  storePort: {
    env: 'NETMON_STORE_PORT',
    flag: 'store-port',
    fallback: '8123',
    help: 'port of the embedded store on 127.0.0.1',
    ...port,
  },
  clickhouseUrl: {
    env: 'NETMON_CLICKHOUSE_URL',
    flag: 'clickhouse-url',
    help: 'ClickHouse over HTTP (default: the embedded store)',
    ...url,
  },
  clickhouseUser: {
    env: 'NETMON_CLICKHOUSE_USER',
    flag: 'clickhouse-user',
    help: "ClickHouse's user (default: from the data directory)",
    ...text,
  },
  clickhousePassword: {
    env: 'NETMON_CLICKHOUSE_PASSWORD',
    help: "ClickHouse's password (default: from the data directory)",
    parse: (value: string) => value,
    expects: 'a text',
  },
  clickhouseDatabase: {
    env: 'NETMON_CLICKHOUSE_DATABASE',
    flag: 'clickhouse-database',
    fallback: 'flows',
    help: 'database of all tables',
    parse: (value: string) => (/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(value) ? value : undefined),
    expects: 'letters, digits and _, at most 64',
  },
  clickhouseCluster: {
    env: 'NETMON_CLICKHOUSE_CLUSTER',
    flag: 'clickhouse-cluster',
    help: 'name of the ClickHouse cluster to spread the tables over (default: one server)',
    parse: (value: string) => (/^[A-Za-z0-9_-]{1,64}$/.test(value) ? value : undefined),
    expects: 'letters, digits, _ and -, at most 64',
  },
  retentionDays: {
    env: 'NETMON_RETENTION_DAYS',
    flag: 'retention-days',
    fallback: '30',
    help: 'days that single flows are kept',
    parse: parseDays,
    expects: 'a whole number of days, 1 to 36500',
  },
  retentionBytes: {
    env: 'NETMON_RETENTION_BYTES',
    flag: 'retention-bytes',
    help: 'room for all tables: the oldest flows make room for new ones (default: no bound)',
    parse: parseBytes,
    expects: 'a number of bytes such as 500GiB',
  },
  localNetworks: {
    env: 'NETMON_LOCAL_NETWORKS',
    flag: 'local-networks',
    help: 'prefixes whose hosts are counted one by one, besides those of rules',
    parse: parseList,
    expects: 'prefixes such as 203.0.113.0/24,2001:db8::/32',
  },
  ...kafkaDefinitions,
  apiUrl: {
    env: 'NETMON_API_URL',
    flag: 'api-url',
    help: 'where the collector fetches routers from (default: the API of this machine)',
    ...url,
  },
  apiHost: {
    env: 'NETMON_API_HOST',
    flag: 'api-host',
    fallback: '127.0.0.1',
    help: 'address the API binds',
    ...text,
  },
  apiPort: {
    env: 'NETMON_API_PORT',
    flag: 'api-port',
    fallback: '8090',
    help: 'port of the API',
    ...port,
  },
  apiToken: {
    env: 'NETMON_API_TOKEN',
    help: 'token that API requests must carry, and that the collector sends',
    parse: (value: string) => (/^[\x21-\x7e]{16,256}$/.test(value) ? value : undefined),
    expects: '16 to 256 printable characters without spaces',
  },
  anonymous: {
    env: 'NETMON_ANONYMOUS',
    flag: 'anonymous',
    fallback: 'false',
    help: 'true: the API answers without a token also when it is not bound to loopback',
    ...trueOrFalse,
  },
  logLevel: {
    env: 'NETMON_LOG_LEVEL',
    flag: 'log-level',
    fallback: 'info',
    help: 'least level of log lines on stderr',
    ...oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
  },
} satisfies Record<string, Setting<unknown>>

type Definitions = typeof definitions
export type SettingName = keyof Definitions
type Value<S> = S extends { parse: (text: string) => infer T } ? Exclude<T, undefined> : never
export type Settings = {
  [K in SettingName]: Definitions[K] extends { fallback: string }
    ? Value<Definitions[K]>
    : Value<Definitions[K]> | undefined
}

/** The settings as a command line sees them: by flag name without dashes. */
export const settingFlags: ReadonlyMap<string, SettingName> = new Map(
  (Object.keys(definitions) as SettingName[]).flatMap((name) => {
    const definition: Setting<unknown> = definitions[name]
    return definition.flag === undefined ? [] : [[definition.flag, name] as const]
  }),
)

/**
 * Reads all settings. `flags` are texts given on the command line.
 * @throws UserError (exit code 2) that names the flag or variable, what it was given and what it expects.
 */
export function readSettings(
  environment: NodeJS.ProcessEnv,
  flags: Partial<Record<SettingName, string>> = {},
): Settings {
  refuseUnknown(environment)
  const values: Record<string, unknown> = {}
  for (const name of Object.keys(definitions) as SettingName[]) {
    const definition: Setting<unknown> = definitions[name]
    const fromFlag = flags[name]
    const given = fromFlag ?? environment[definition.env] ?? definition.fallback
    if (given === undefined) continue
    const value = definition.parse(given)
    if (value === undefined) {
      const origin = fromFlag === undefined ? definition.env : `--${definition.flag}`
      const shown = definition.flag === undefined ? '' : ` not ${JSON.stringify(given)}`
      throw new UserError(`${origin} expects ${definition.expects}${shown && `,${shown}`}`, 2)
    }
    values[name] = value
  }
  return values as Settings
}

function refuseUnknown(environment: NodeJS.ProcessEnv): void {
  const known = new Set(Object.values(definitions).map((definition) => definition.env))
  for (const variable of Object.keys(environment)) {
    if (variable.startsWith('NETMON_') && !(known as Set<string>).has(variable)) {
      throw new UserError(
        `${variable} is not a setting of netmon; the settings are ${[...known].join(', ')}`,
        2,
      )
    }
  }
}

/** Lines for --help: flag, variable, meaning, default. */
export function describeSettings(names: readonly SettingName[]): string {
  return names
    .map((name) => {
      const definition: Setting<unknown> = definitions[name]
      const flag = definition.flag === undefined ? '' : `--${definition.flag}`
      const fallback = definition.fallback === undefined ? '' : ` [${definition.fallback}]`
      return `  ${flag.padEnd(22)} ${definition.env.padEnd(28)} ${definition.help}${fallback}`
    })
    .join('\n')
}

/** The environment that gives a child process these settings again. */
export function settingsAsEnvironment(
  environment: NodeJS.ProcessEnv,
  flags: Partial<Record<SettingName, string>>,
): NodeJS.ProcessEnv {
  const result = { ...environment }
  for (const [name, value] of Object.entries(flags) as [SettingName, string][]) {
    result[definitions[name].env] = value
  }
  return result
}
