// Every setting of every command, in one table: flags win over the environment, the environment over defaults.
// A variable NETMON_* that is not here is an error, since it is most likely a misspelt one.

import { UserError } from './errors.ts'
import { kafkaDefinitions } from './kafka-settings.ts'
import {
  oneOf,
  parseAddresses,
  parseBytes,
  parseDays,
  parseEndpoint,
  parseHosts,
  parseList,
  parseListen,
  parseWorkers,
  port,
  type Setting,
  text,
  trueOrFalse,
  url,
} from './setting.ts'

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
  compile: {
    env: 'NETMON_COMPILE',
    flag: 'compile',
    fallback: 'true',
    help: 'false: no code is generated for templates; decoding takes three to five times as long',
    ...trueOrFalse,
  },
  collectorWorkers: {
    env: 'NETMON_COLLECTOR_WORKERS',
    flag: 'collector-workers',
    fallback: '1',
    help: 'threads that receive and decode; more than one needs Node 22.12 (docs/scaling.md)',
    parse: parseWorkers,
    expects: 'a whole number, 1 to 16',
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
  notifyNetworks: {
    env: 'NETMON_NOTIFY_NETWORKS',
    flag: 'notify-networks',
    help: 'private networks that notifications may go to; all others must be public',
    parse: parseList,
    expects: 'prefixes such as 10.0.0.0/8,127.0.0.1/32',
  },
  asNames: {
    env: 'NETMON_AS_NAMES',
    flag: 'as-names',
    help: 'file with the names of AS numbers, a line each (docs/configuration.md)',
    ...text,
  },
  countries: {
    env: 'NETMON_COUNTRIES',
    flag: 'countries',
    help: 'file with the countries of ranges of addresses, a line each (docs/configuration.md)',
    ...text,
  },
  resolvers: {
    env: 'NETMON_RESOLVERS',
    flag: 'resolvers',
    help: "DNS servers asked for names of hosts on request (default: the machine's)",
    parse: parseAddresses,
    expects: 'addresses such as 192.0.2.53,2001:db8::53',
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
  apiHosts: {
    env: 'NETMON_API_HOSTS',
    flag: 'api-hosts',
    help: 'names that the API may be asked by, besides localhost (default: any, if it asks for tokens)',
    parse: parseHosts,
    expects: 'host names without port such as netmon.example.net,api',
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
