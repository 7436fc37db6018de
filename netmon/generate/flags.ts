// The flags of `netmon generate`: one table for parsing and for --help.

import { isIPv4 } from 'node:net'
import { parseArgs } from 'node:util'
import { messageOf, UserError } from '../../runtime/errors.ts'
import {
  attacks,
  defaults,
  type FloodOptions,
  type GenerateOptions,
  type Protocol,
  protocols,
} from './options.ts'

interface Flag {
  readonly type: 'string' | 'boolean'
  /** How --help shows its value. */
  readonly value?: string
  readonly help: string
  readonly fallback?: string
}

const flags = {
  target: {
    type: 'string',
    value: 'HOST:PORT',
    help: 'where to send; an IPv6 address in brackets',
    fallback: `${defaults.target.host}:${defaults.target.port}`,
  },
  protocols: {
    type: 'string',
    value: 'LIST',
    help: 'what the routers speak, in turn',
    fallback: defaults.protocols.join(','),
  },
  routers: { type: 'string', value: 'N', help: 'how many', fallback: 'one for each protocol' },
  source: {
    type: 'string',
    value: 'ADDRESS',
    help: 'address of the first router; the others follow it',
    fallback: defaults.source,
  },
  agent: {
    type: 'string',
    value: 'ADDRESS',
    help: 'sFlow agent address of the first router; the others follow it',
    fallback: 'as --source',
  },
  rate: {
    type: 'string',
    value: 'FLOWS/S',
    help: 'of all routers together; 0: as fast as possible',
    fallback: `${defaults.rate}, of a flood ${defaults.floodRate}`,
  },
  flows: { type: 'string', value: 'N', help: 'stop after so many', fallback: 'until stopped' },
  duration: {
    type: 'string',
    value: 'SECONDS',
    help: 'stop after the flows of so long',
    fallback: 'until stopped',
  },
  seed: { type: 'string', value: 'N', help: 'same seed, same flows', fallback: `${defaults.seed}` },
  ipv6: {
    type: 'string',
    value: 'SHARE',
    help: 'of flows, 0 to 1; v5 carries none',
    fallback: `${defaults.ipv6Share}`,
  },
  announce: {
    type: 'string',
    value: 'SHARE|LIST',
    help: 'routers that tell their sampling rate: a share, 0 to 1, or addresses; sFlow always does',
    fallback: `${defaults.announce}`,
  },
  'sampling-rate': {
    type: 'string',
    value: 'N',
    help: 'every router samples 1 packet in N, told or not',
    fallback: `${defaults.samplingRate}`,
  },
  'flows-per-datagram': {
    type: 'string',
    value: 'N',
    help: 'a datagram leaves when it is full',
    fallback: 'what fits into 1500 bytes',
  },
  scenario: {
    type: 'string',
    value: 'NAME',
    help: 'steady, or flood: nothing but packets to a victim, exactly so many in each whole UTC minute',
    fallback: 'steady',
  },
  victim: { type: 'string', value: 'PREFIX', help: 'flood: an address or prefix, IPv4 or IPv6' },
  attack: {
    type: 'string',
    value: 'KIND',
    help: `flood: ${attacks.join(', ')}; from many sources`,
    fallback: 'udp',
  },
  'bits-per-second': {
    type: 'string',
    value: 'N',
    help: 'flood: exported bytes times sampling rate, as a rule sees them',
  },
  'packets-per-second': { type: 'string', value: 'N', help: 'flood: likewise' },
  minutes: {
    type: 'string',
    value: 'N',
    help: 'flood: whole UTC minutes, from the next one on',
    fallback: `${defaults.minutes}`,
  },
  format: { type: 'string', value: 'text|json', help: 'of the summary', fallback: 'text' },
  help: { type: 'boolean', help: 'show this' },
} as const satisfies Record<string, Flag>

export interface Invocation {
  options: GenerateOptions
  format: 'text' | 'json'
  help: boolean
}

/** @throws UserError (exit code 2) for unknown flags and values that are none. Ranges are left to `resolveOptions`. */
export function parseFlags(args: string[]): Invocation {
  const values = parse(args)
  const options: GenerateOptions = {
    ...given('target', values.target, parseTarget),
    ...given('protocols', values.protocols, parseProtocols),
    ...given('routers', values.routers, number('--routers')),
    ...given('source', values.source, String),
    ...given('agent', values.agent, String),
    ...given('rate', values.rate, number('--rate')),
    ...given('flows', values.flows, number('--flows')),
    ...given('durationMs', values.duration, (text) => number('--duration')(text) * 1000),
    ...given('seed', values.seed, number('--seed')),
    ...given('ipv6Share', values.ipv6, number('--ipv6')),
    ...given('announce', values.announce, parseAnnounce),
    ...given('samplingRate', values['sampling-rate'], number('--sampling-rate')),
    ...given('flowsPerDatagram', values['flows-per-datagram'], number('--flows-per-datagram')),
    ...given('flood', parseFlood(values), (flood) => flood),
  }
  const format = oneOf('--format', ['text', 'json'], values.format ?? 'text')
  return { options, format, help: values.help ?? false }
}

/** The --help text: each flag with its value, meaning and default. */
export function describeFlags(): string {
  const rows = Object.entries<Flag>(flags).map(([name, flag]) => [
    `--${name} ${flag.value ?? ''}`,
    flag.fallback === undefined ? flag.help : `${flag.help} [${flag.fallback}]`,
  ])
  return rows.map(([flag, help]) => `  ${flag!.padEnd(26)} ${help}\n`).join('')
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: flags, strict: true, allowPositionals: false }).values
  } catch (error) {
    const reason = messageOf(error).split(/\.\s/)[0]
    throw new UserError(`${reason}; \`netmon generate --help\` lists what there is`, 2)
  }
}

/** `{ [key]: parsed }`, or nothing when the flag was not given. */
function given<K extends string, S, T>(
  key: K,
  value: S | undefined,
  parseValue: (value: S) => T,
): { [P in K]?: T } {
  return value === undefined ? {} : ({ [key]: parseValue(value) } as Record<K, T>)
}

function number(flag: string): (text: string) => number {
  return (text) => {
    if (/^\d+(\.\d+)?(e\d+)?$/i.test(text)) return Number(text)
    throw new UserError(`${flag} expects a number, not ${JSON.stringify(text)}`, 2)
  }
}

function oneOf<const T extends string>(flag: string, choices: readonly T[], text: string): T {
  const choice = choices.find((candidate) => candidate === text)
  if (choice !== undefined) return choice
  throw new UserError(
    `${flag} expects ${choices.join(', ').replace(/, ([^,]*)$/, ' or $1')}, not ${JSON.stringify(text)}`,
    2,
  )
}

function parseTarget(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  if (match === null) {
    throw new UserError(
      `--target expects HOST:PORT, such as 127.0.0.1:2055 or [::1]:2055, not ${JSON.stringify(text)}`,
      2,
    )
  }
  return { host: match[1] ?? match[2]!, port: Number(match[3]) }
}

function parseProtocols(text: string): Protocol[] {
  return [...new Set(text.split(','))].map((name) => oneOf('--protocols', protocols, name))
}

function parseAnnounce(text: string): number | string[] {
  return /^[\d.]+$/.test(text) && !isIPv4(text) ? number('--announce')(text) : text.split(',')
}

function parseFlood(values: ReturnType<typeof parse>): FloodOptions | undefined {
  const scenario = oneOf('--scenario', ['steady', 'flood'], values.scenario ?? 'steady')
  const own = ['victim', 'attack', 'bits-per-second', 'packets-per-second', 'minutes'] as const
  if (scenario === 'steady') {
    const stray = own.find((name) => values[name] !== undefined)
    if (stray === undefined) return undefined
    throw new UserError(`--${stray} belongs to --scenario flood`, 2)
  }
  if (values.victim === undefined) throw new UserError('--scenario flood needs a --victim', 2)
  return {
    victim: values.victim,
    minutes: number('--minutes')(values.minutes ?? String(defaults.minutes)),
    ...given('attack', values.attack, (text) => oneOf('--attack', attacks, text)),
    ...given('bitsPerSecond', values['bits-per-second'], number('--bits-per-second')),
    ...given('packetsPerSecond', values['packets-per-second'], number('--packets-per-second')),
  }
}
