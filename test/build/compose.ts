// docker-compose.yml as Docker Compose reads it: merges and variables resolved, and what we rely on checked.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { packageRoot } from '../../runtime/package-root.ts'

const text = z.union([z.string(), z.number()]).transform(String)

const healthcheck = z.union([
  z.strictObject({ disable: z.literal(true) }),
  z.strictObject({
    test: z.tuple([z.enum(['CMD', 'CMD-SHELL']), z.string()], z.string()),
    interval: z.string(),
    timeout: z.string(),
    retries: z.number(),
    start_period: z.string(),
    start_interval: z.string().optional(),
  }),
])

const service = z.strictObject({
  image: z.string(),
  build: z.string().optional(),
  profiles: z.array(z.string()).optional(),
  user: z.string(),
  init: z.boolean().optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  restart: z.enum(['no', 'unless-stopped']),
  security_opt: z.array(z.string()),
  cap_drop: z.array(z.string()),
  logging: z.object({
    driver: z.literal('json-file'),
    options: z.record(z.string(), z.string()),
  }),
  network_mode: z.enum(['host', 'none']).optional(),
  entrypoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), text.nullable()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  ulimits: z.object({ nofile: z.object({ soft: z.number(), hard: z.number() }) }).optional(),
  depends_on: z
    .record(
      z.string(),
      z.strictObject({ condition: z.enum(['service_healthy', 'service_completed_successfully']) }),
    )
    .default({}),
  healthcheck: healthcheck.optional(),
  stop_grace_period: z.string().optional(),
  deploy: z.strictObject({
    resources: z.strictObject({
      limits: z.strictObject({ cpus: z.string(), memory: z.string(), pids: z.number() }),
    }),
  }),
})

const composeFile = z.strictObject({
  name: z.string(),
  'x-part': z.unknown(),
  'x-netmon': z.unknown(),
  'x-once': z.unknown(),
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
})

export type ComposeFile = z.infer<typeof composeFile>
export type ComposeService = z.infer<typeof service>

export const composeText = readFileSync(path.join(packageRoot, 'docker-compose.yml'), 'utf8')
export const bridgeText = readFileSync(path.join(packageRoot, 'docker-compose.bridge.yml'), 'utf8')

/**
 * The file with the variables of `environment` put in; those without value or default are ''.
 * @throws ZodError where it is not of the form that we rely on.
 */
export function readCompose(
  content: string,
  environment: Readonly<Record<string, string>> = {},
): ComposeFile {
  const resolve = (value: unknown): unknown => {
    if (typeof value === 'string') return interpolate(value, environment)
    if (Array.isArray(value)) return value.map(resolve)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]))
  }
  return composeFile.parse(resolve(parse(content, { merge: true })))
}

/** ${NAME}, ${NAME:-default} with variables in the default. */
export function interpolate(
  template: string,
  environment: Readonly<Record<string, string>>,
): string {
  let result = ''
  let rest = template
  for (;;) {
    const start = rest.indexOf('${')
    if (start === -1) return result + rest
    const end = closingBrace(rest, start + 2)
    const [, name = '', fallback] = /^(\w+)(?::-(.*))?$/s.exec(rest.slice(start + 2, end)) ?? []
    result += rest.slice(0, start)
    result += environment[name] || interpolate(fallback ?? '', environment)
    rest = rest.slice(end + 1)
  }
}

function closingBrace(value: string, from: number): number {
  let depth = 1
  for (let i = from; i < value.length; i++) {
    if (value.startsWith('${', i)) depth++
    if (value[i] === '}' && --depth === 0) return i
  }
  throw new Error(`no closing brace in ${value}`)
}

/** Every variable that the file names, with its default if it has one. */
export function variablesOf(content: string): Map<string, string | undefined> {
  const variables = new Map<string, string | undefined>()
  const withoutComments = content.replaceAll(/^\s*#.*$/gm, '')
  for (const [, name = '', fallback] of withoutComments.matchAll(/\$\{(\w+)(?::-([^${}]*))?/g)) {
    variables.set(name, fallback)
  }
  return variables
}

/** Variables of .env.example with their values; undefined for those that are commented out. */
export function readExample(): Map<string, string | undefined> {
  const lines = readFileSync(path.join(packageRoot, '.env.example'), 'utf8').split('\n')
  return new Map(
    lines.flatMap((line) => {
      const [, off, name, value] = /^(#?)(\w+)=(.*)$/.exec(line) ?? []
      return name === undefined ? [] : [[name, off === '#' ? undefined : value] as const]
    }),
  )
}
