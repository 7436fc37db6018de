// What each command is called, takes and does. Its parts are loaded when it runs, so that `netmon alert` need not load a collector.

import type { SettingName, Settings } from '../runtime/settings.ts'

export interface Invocation {
  settings: Settings
  /** The settings that were given as flags, as text: for handing on to child processes. */
  given: Partial<Record<SettingName, string>>
  values: Record<string, unknown>
  positionals: string[]
}

interface Described {
  summary: string
}

/** Takes the settings it names, as flags or from the environment, and flags of its own. */
export interface SettingsCommand extends Described {
  settings: SettingName[]
  flags?: Record<string, { type: 'string' | 'boolean'; help: string }>
  /** How positional arguments are shown in the usage line; absent when there are none. */
  positionals?: string
  /** Answers the exit code; undefined while something goes on running. */
  run(invocation: Invocation): Promise<number | undefined>
}

/** Has a table of flags of its own, and answers the exit code. */
export interface ArgumentsCommand extends Described {
  runArguments(args: string[]): Promise<number>
}

export type Command = SettingsCommand | ArgumentsCommand

const storeSettings: SettingName[] = [
  'dataDir',
  'clickhouseUrl',
  'clickhouseUser',
  'clickhouseDatabase',
  'clickhouseCluster',
]
const collectorSettings: SettingName[] = [
  'listen',
  'sink',
  'exporters',
  'compat',
  'compile',
  'collectorWorkers',
  'collectorHttp',
  'apiUrl',
]
/** How brokers are reached, and which topics. */
const kafkaSettings: SettingName[] = [
  'kafkaBrokers',
  'kafkaTopic',
  'kafkaPartitions',
  'kafkaGroup',
  'kafkaTls',
  'kafkaTlsCa',
  'kafkaTlsCert',
  'kafkaTlsKey',
  'kafkaSaslMechanism',
  'kafkaSaslUser',
]
const apiSettings: SettingName[] = [
  'apiHost',
  'apiPort',
  'apiHosts',
  'anonymous',
  'retentionDays',
  'retentionBytes',
  'localNetworks',
  'notifyNetworks',
  'asNames',
  'countries',
  'resolvers',
]

export const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  [
    'up',
    {
      summary: 'everything on one machine: embedded store, API and collector',
      settings: [
        'dataDir',
        'listen',
        'exporters',
        'compat',
        'compile',
        'collectorWorkers',
        'collectorHttp',
        'storePort',
        ...apiSettings,
        'logLevel',
      ],
      flags: {
        demo: {
          type: 'boolean',
          help: 'play a network with a day of history and attacks, in ./data-demo',
        },
      },
      async run({ settings, given, values }) {
        const { up } = await import('./up.ts')
        return up(settings, given, values['demo'] === true)
      },
    },
  ],
  [
    'collector',
    {
      summary: 'receives exports and sends flows to ClickHouse or Kafka',
      settings: [
        ...storeSettings,
        ...collectorSettings,
        ...kafkaSettings,
        'kafkaCompression',
        'kafkaFlowsPerMessage',
        'logLevel',
      ],
      async run({ settings }) {
        const { runCollector } = await import('./services.ts')
        return runCollector(settings)
      },
    },
  ],
  [
    'api',
    {
      summary: 'keeps routers and rules, over HTTP',
      settings: [...storeSettings, ...apiSettings, 'logLevel'],
      async run({ settings }) {
        const { runApi } = await import('./services.ts')
        return runApi(settings)
      },
    },
  ],
  [
    'store',
    {
      summary: 'the embedded store alone: ClickHouse over HTTP on loopback',
      settings: ['dataDir', 'storePort', 'kafkaBrokers', 'logLevel'],
      async run({ settings }) {
        const { runStore } = await import('./services.ts')
        return runStore(settings)
      },
    },
  ],
  [
    'migrate',
    {
      summary:
        "brings the database to this version's tables; with brokers, those that read from Kafka",
      settings: [...storeSettings, ...kafkaSettings, 'kafkaConsumers'],
      async run({ settings }) {
        const { migrateCommand } = await import('./migrate.ts')
        return migrateCommand(settings, process.stdout)
      },
    },
  ],
  [
    'alert',
    {
      summary:
        'prints the open alerts as JSON, nothing when there are none; exit 1 when it cannot know',
      settings: storeSettings,
      flags: {
        new: {
          type: 'boolean',
          help: 'only what has changed since the channel was told last',
        },
        channel: { type: 'string', help: 'who is told what is new [default]' },
        exec: {
          type: 'string',
          help: 'run this command with it as JSON on its stdin, only when there is some',
        },
        format: { type: 'string', help: 'json or text [json]' },
      },
      async run({ settings, values }) {
        const { runAlert } = await import('./alert.ts')
        return runAlert(settings, values)
      },
    },
  ],
  [
    'decode',
    {
      summary: 'decodes captured exports to JSON lines, offline',
      settings: ['compat'],
      positionals: 'FILE.pcap ...',
      async run({ settings, positionals }) {
        const { decodeCommand } = await import('./decode/command.ts')
        return decodeCommand(positionals, process, settings.compat)
      },
    },
  ],
  [
    'generate',
    {
      summary: 'plays routers: a deterministic exporter of all four protocols',
      async runArguments(args) {
        const { generateCommand } = await import('./generate/command.ts')
        const stop = new AbortController()
        process.once('SIGINT', () => stop.abort())
        process.once('SIGTERM', () => stop.abort())
        return generateCommand(args, {
          stdout: process.stdout,
          stderr: process.stderr,
          signal: stop.signal,
        })
      },
    },
  ],
])
