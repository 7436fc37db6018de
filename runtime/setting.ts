// What a setting is, and the kinds of text that settings are.

import { isIP } from 'node:net'

/** One setting, and how its text is read. */
export interface Setting<T> {
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

export const text = {
  parse: (value: string) => (value === '' ? undefined : value),
  expects: 'a text that is not empty',
}
export const port = {
  parse: (value: string) =>
    /^\d{1,5}$/.test(value) && Number(value) <= 65535 ? Number(value) : undefined,
  expects: 'a port, 0 to 65535',
}
export const url = {
  parse: (value: string) =>
    /^https?:\/\/[^\s]+$/.test(value) ? value.replace(/\/+$/, '') : undefined,
  expects: 'an address such as http://127.0.0.1:8123',
}

export const trueOrFalse = {
  parse: (value: string) => (value === 'true' ? true : value === 'false' ? false : undefined),
  expects: 'true or false',
}

export function oneOf<const T extends string>(...values: T[]) {
  return {
    parse: (value: string) => values.find((candidate) => candidate === value),
    expects: `one of ${values.join(', ')}`,
  }
}

/** Each worker is connected to each other one. */
export function parseWorkers(value: string): number | undefined {
  const workers = /^\d{1,2}$/.test(value) ? Number(value) : 0
  return workers >= 1 && workers <= 16 ? workers : undefined
}

/** A number of bytes, as such or with KiB to TiB. */
export function parseBytes(value: string): number | undefined {
  const match = /^(\d{1,15})(?: ?([KMGT])iB)?$/.exec(value)
  if (match === null) return undefined
  const bytes =
    Number(match[1]) * 1024 ** (match[2] === undefined ? 0 : 'KMGT'.indexOf(match[2]) + 1)
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined
}

export function parseDays(value: string): number | undefined {
  const days = /^\d{1,5}$/.test(value) ? Number(value) : 0
  return days >= 1 && days <= 36_500 ? days : undefined
}

/** Prefixes as they are written: their meaning is not this file's. */
export function parseList(value: string): string[] | undefined {
  const texts = value.split(',').map((text) => text.trim())
  return texts.every((text) => /^[0-9a-fA-F.:]+(?:\/\d{1,3})?$/.test(text)) ? texts : undefined
}

/** Addresses, IPv4 or IPv6. */
export function parseAddresses(value: string): string[] | undefined {
  const texts = value.split(',').map((text) => text.trim())
  return texts.every((text) => isIP(text) !== 0) ? texts : undefined
}

/** Names of hosts, in small letters. */
export function parseHosts(value: string): string[] | undefined {
  const names = value.split(',').map((name) => name.trim().toLowerCase())
  return names.every((name) => /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name)) ? names : undefined
}

/** A socket address to bind; an empty host means all addresses of the machine. */
export interface Endpoint {
  host: string
  port: number
}

export function parseEndpoint(value: string): Endpoint | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]/]*)):(\d{1,5})$/.exec(value)
  if (match === null || Number(match[3]) > 65535) return undefined
  return { host: match[1] ?? match[2] ?? '', port: Number(match[3]) }
}

/** As `parseEndpoint` reads it. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

export function parseListen(value: string): Endpoint[] | undefined {
  const endpoints: Endpoint[] = []
  for (const part of value.split(',')) {
    const trimmed = part.trim()
    const endpoint = trimmed.startsWith('udp://') ? parseEndpoint(trimmed.slice(6)) : undefined
    if (endpoint === undefined) return undefined
    endpoints.push(endpoint)
  }
  return endpoints
}
