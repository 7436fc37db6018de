// docker-compose.yml, held against what it promises. No Docker runs here: docs/operating.md tells what was proved otherwise.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { commands } from '../netmon/commands.ts'
import { parseFlags } from '../netmon/generate/flags.ts'
import { packageRoot } from '../runtime/package-root.ts'
import { readSettings } from '../runtime/settings.ts'
import {
  bridgeText,
  type ComposeService,
  composeText,
  interpolate,
  readCompose,
  readExample,
  variablesOf,
} from './build/compose.ts'
import { temporaryDirectory } from './build/temporary.ts'

const { services, volumes } = readCompose(composeText)
const all = Object.entries(services)
const ours = all.filter(([, { build }]) => build !== undefined)
/** They end, and what depends on them waits for that. */
const oneShots = ['preflight', 'users', 'migrate']
/** Alive is all that can be told of it. */
const unanswered = ['generate']

function named(name: string): ComposeService {
  const service = services[name]
  if (service === undefined) throw new Error(`no service ${name}`)
  return service
}

describe('the variables of docker-compose.yml', () => {
  it('all have a default, so that the stack starts without a .env', () => {
    const without = [...variablesOf(composeText)].filter(([, fallback]) => fallback === undefined)
    // A part's own password falls back to the one that is documented.
    expect(without).toEqual([])
  })

  it('are those of .env.example, with the defaults that it shows', () => {
    const example = readExample()
    const used = variablesOf(composeText)
    const handedOn = all.flatMap(([, { environment }]) =>
      Object.entries(environment).flatMap(([name, value]) => (value === null ? [name] : [])),
    )
    expect([...example.keys()].sort()).toEqual([...new Set([...used.keys(), ...handedOn])].sort())
    for (const [name, value] of example) {
      if (value !== undefined) expect([name, used.get(name)]).toEqual([name, value])
    }
  })

  it('give the documented logins', () => {
    expect(named('clickhouse').environment).toMatchObject({
      CLICKHOUSE_USER: 'default',
      CLICKHOUSE_PASSWORD: 'password',
    })
    expect(named('grafana').environment).toMatchObject({
      GF_SECURITY_ADMIN_USER: 'admin',
      GF_SECURITY_ADMIN_PASSWORD: 'admin',
    })
  })

  it('change one password by changing one of them', () => {
    const changed = readCompose(composeText, { CLICKHOUSE_PASSWORD: 'of my own' }).services
    expect(changed['api']?.environment['NETMON_CLICKHOUSE_PASSWORD']).toBe('of my own')
    expect(changed['users']?.environment['API_PASSWORD']).toBe('of my own')
    expect(changed['clickhouse']?.environment['CLICKHOUSE_PASSWORD']).toBe('of my own')
  })
})

describe('who reads', () => {
  it('is a user of its own, and nobody without a login: API and Grafana are no superuser', () => {
    expect(named('api').environment['NETMON_CLICKHOUSE_USER']).toBe('api')
    expect(named('migrate').environment['NETMON_CLICKHOUSE_USER']).toBe('migrate')
    const source = readFileSync(
      path.join(packageRoot, 'grafana/provisioning/datasources/clickhouse.yml'),
      'utf8',
    )
    expect(source).toMatch(/^ +username: grafana$/m)
    const anonymous = Object.keys(named('grafana').environment).filter((name) =>
      name.startsWith('GF_AUTH_'),
    )
    expect(anonymous).toEqual([])
    const users = readFileSync(path.join(packageRoot, 'schema/clickhouse-users.sql'), 'utf8')
    expect(users).toMatch(/SETTINGS PROFILE IF NOT EXISTS grafana SETTINGS\s+readonly = 2/)
    expect(users).not.toMatch(/GRANT (ALL|ACCESS MANAGEMENT)/)
  })
})

describe('what is published', () => {
  it('is on loopback, but for UDP, which the collector binds itself', () => {
    const published = all.flatMap(([name, { ports }]) => ports.map((port) => `${name} ${port}`))
    expect(published.sort()).toEqual([
      'api 127.0.0.1:8090:8090',
      'clickhouse 127.0.0.1:8123:8123',
      'grafana 127.0.0.1:3000:3000',
      'kafka 127.0.0.1:9094:9094',
    ])
    expect(named('collector').network_mode).toBe('host')
  })

  it('waits for preflight', () => {
    for (const [name, { ports, depends_on: needs }] of all) {
      if (ports.length === 0) continue
      expect([name, needs['preflight']]).toEqual([
        name,
        { condition: 'service_completed_successfully' },
      ])
    }
  })

  it('is three UDP ports without the host network, and they are what the collector listens on', () => {
    const tags = { tag: '!reset', resolve: () => null }
    const bridged: unknown = parse(bridgeText, { customTags: [tags] })
    expect(bridged).toMatchObject({
      services: {
        collector: {
          network_mode: null,
          ports: ['2055:2055/udp', '4739:4739/udp', '6343:6343/udp'],
          environment: { NETMON_LISTEN: 'udp://:2055,udp://:4739,udp://:6343' },
        },
        generate: { network_mode: null },
      },
    })
    const { environment, command } = parseBridged(bridged)
    const { apiUrl = '' } = readSettings(environment)
    const { apiHosts } = readSettings({
      NETMON_API_HOSTS: named('api').environment['NETMON_API_HOSTS'] ?? undefined,
    })
    expect(apiHosts).toEqual([new URL(apiUrl).hostname])
    expect(() => parseFlags(command.slice(1))).not.toThrow()
  })
})

function parseBridged(file: unknown): { environment: NodeJS.ProcessEnv; command: string[] } {
  const { services: inFile } = file as {
    services: {
      collector: { environment: NodeJS.ProcessEnv }
      generate: { command: string[] }
    }
  }
  return { environment: inFile.collector.environment, command: inFile.generate.command }
}

describe('every service', () => {
  it('has a healthcheck, unless it ends or nobody can ask it', () => {
    const without = all.flatMap(([name, { healthcheck }]) =>
      healthcheck === undefined || 'disable' in healthcheck ? [name] : [],
    )
    expect(without.sort()).toEqual([...oneShots, ...unanswered].sort())
  })

  it('starts again after a fault, unless it is to end', () => {
    const notRestarted = all.flatMap(([name, { restart }]) => (restart === 'no' ? [name] : []))
    expect(notRestarted.sort()).toEqual([...oneShots].sort())
  })

  it('waits for what can be waited for', () => {
    for (const [name, { depends_on: needs }] of all) {
      for (const [other, { condition }] of Object.entries(needs)) {
        const { healthcheck, restart } = named(other)
        const canBe =
          condition === 'service_healthy'
            ? healthcheck !== undefined && !('disable' in healthcheck)
            : restart === 'no'
        expect([name, other, condition, canBe]).toEqual([name, other, condition, true])
      }
    }
  })

  it('is an image of one version', () => {
    for (const [name, { image }] of all) {
      expect([name, image]).toEqual([name, expect.stringMatching(/:\d+\.\d+\.\d+(?:\.\d+)?$/)])
    }
    const [, clickhouse] = named('clickhouse').image.split(':')
    expect(clickhouse).toMatch(/^26\.7\./)
    expect(named('users').image).toBe(named('clickhouse').image)
  })

  it('is of the version of package.json where it is ours', () => {
    const { version } = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8'))
    for (const [, { image }] of ours) expect(image).toBe(`network-monitoring:${version}`)
  })

  it('is nobody special: no root, no capabilities, no new privileges', () => {
    for (const [name, service] of all) {
      expect([name, service.user]).toEqual([name, expect.not.stringMatching(/^(?:root|0)\b/)])
      expect([name, service.cap_drop]).toEqual([name, ['ALL']])
      expect([name, service.security_opt]).toEqual([name, ['no-new-privileges:true']])
    }
  })

  it('has a read-only tree, but for Kafka, whose image writes its configuration there', () => {
    const writable = all.flatMap(([name, service]) => (service.read_only === true ? [] : [name]))
    expect(writable).toEqual(['kafka'])
  })

  it('keeps what it keeps in a named volume, and mounts files that are there', () => {
    const used = all.flatMap(([, service]) => service.volumes.map((volume) => volume.split(':')))
    const files = used.filter(([source]) => source?.startsWith('./'))
    const namedOnes = used.filter(([source]) => !source?.startsWith('./')).map(([source]) => source)
    expect(namedOnes.sort()).toEqual(Object.keys(volumes).sort())
    for (const [source = '', , mode] of files) {
      expect([source, existsSync(path.join(packageRoot, source)), mode]).toEqual([
        source,
        true,
        'ro',
      ])
    }
  })

  it('has time to stop: the parts give themselves 40 s', () => {
    for (const name of ['collector', 'api']) {
      expect(Number.parseInt(named(name).stop_grace_period ?? '0', 10)).toBeGreaterThan(40)
    }
    for (const [name, { restart, stop_grace_period: grace }] of all) {
      expect([name, restart === 'no' || grace !== undefined]).toEqual([name, true])
    }
  })
})

describe('our parts', () => {
  it('run commands that there are, with settings that are known', () => {
    for (const [name, { command, entrypoint, environment }] of ours) {
      if (entrypoint !== undefined) continue
      const [first = '', ...flags] = command ?? []
      expect([name, commands.has(first)]).toEqual([name, true])
      if (first === 'generate') expect(() => parseFlags(flags)).not.toThrow()
      else expect(flags).toEqual([])
      const given = Object.entries(environment).filter(([, value]) => value !== null)
      expect(() => readSettings(Object.fromEntries(given) as NodeJS.ProcessEnv)).not.toThrow()
    }
  })

  it('take what is handed on from .env', () => {
    for (const [, { environment }] of ours) {
      for (const [variable, value] of Object.entries(environment)) {
        if (value !== null) continue
        const example =
          variable === 'NETMON_LOCAL_NETWORKS' ? '203.0.113.0/24' : 'sixteen-characters'
        expect(() => readSettings({ [variable]: example })).not.toThrow()
      }
    }
  })

  it('meet: each asks where the other listens', () => {
    const env = (name: string) => named(name).environment
    expect(env('collector')['NETMON_API_URL']).toBe('http://127.0.0.1:8090')
    expect(env('collector')['NETMON_KAFKA_BROKERS']).toBe('127.0.0.1:9094')
    expect(env('kafka')['KAFKA_ADVERTISED_LISTENERS']).toBe(
      'INTERNAL://kafka:9092,HOST://127.0.0.1:9094',
    )
    expect(env('migrate')['NETMON_KAFKA_BROKERS']).toBe('kafka:9092')
    for (const name of ['migrate', 'api']) {
      expect(env(name)['NETMON_CLICKHOUSE_URL']).toBe('http://clickhouse:8123')
      expect(env(name)['NETMON_CLICKHOUSE_USER']).toBe(name)
    }
    const moved = readCompose(composeText, { KAFKA_PORT: '19094' }).services
    expect(moved['kafka']?.ports).toEqual(['127.0.0.1:19094:9094'])
    expect(moved['collector']?.environment['NETMON_KAFKA_BROKERS']).toBe('127.0.0.1:19094')
    expect(moved['kafka']?.environment['KAFKA_ADVERTISED_LISTENERS']).toContain(
      'HOST://127.0.0.1:19094',
    )
  })

  it('come from an image without the embedded engine, run by nobody special', () => {
    const dockerfile = readFileSync(path.join(packageRoot, 'Dockerfile'), 'utf8')
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)
    expect(new Set(bases).size).toBe(1)
    expect(bases[0]).toMatch(/^node:24\.\d+\.\d+-slim$/)
    const last = dockerfile.slice(dockerfile.lastIndexOf('FROM '))
    expect(last).toContain('--from=dependencies /netmon/node_modules node_modules')
    expect(dockerfile).toMatch(
      /^RUN npm ci --omit=dev .* && rm -rf node_modules\/chdb node_modules\/@chdb$/m,
    )
    expect(last).toMatch(/^USER node$/m)
    const copied = [...last.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) =>
      files.split(' '),
    )
    for (const file of copied) {
      expect([file, existsSync(path.join(packageRoot, file))]).toEqual([file, true])
    }
    const { optionalDependencies } = JSON.parse(
      readFileSync(path.join(packageRoot, 'package.json'), 'utf8'),
    )
    expect(Object.keys(optionalDependencies)).toContain('chdb')
  })
})

describe('preflight', () => {
  const environment = named('preflight').environment

  function preflight(changes: Record<string, string>) {
    const { status, stderr } = spawnSync('sh', [path.join(packageRoot, 'docker/preflight.sh')], {
      env: { PATH: process.env['PATH'], ...environment, ...changes } as NodeJS.ProcessEnv,
      encoding: 'utf8',
    })
    return { status, refused: stderr.trim().split('\n').filter(Boolean) }
  }

  it('lets documented passwords pass on loopback', () => {
    expect(preflight({})).toEqual({ status: 0, refused: [] })
    expect(preflight({ GRAFANA_BIND: '[::1]', CLICKHOUSE_BIND: '127.0.0.2' }).status).toBe(0)
  })

  it.each([
    ['Grafana', { GRAFANA_BIND: '0.0.0.0' }],
    ['Grafana', { GRAFANA_BIND: '192.0.2.1', GRAFANA_PASSWORD: 'short' }],
    ['ClickHouse', { CLICKHOUSE_BIND: '[::]' }],
    ['the API', { API_BIND: '0.0.0.0' }],
  ])('refuses %s elsewhere: %j', (what, changes) => {
    const { status, refused } = preflight(changes)
    expect(status).toBe(1)
    for (const line of refused) expect(line).toMatch(new RegExp(`^refused: ${what} would be`))
  })

  it('asks for a password of each of the users of ClickHouse', () => {
    const changes = { CLICKHOUSE_BIND: '0.0.0.0', CLICKHOUSE_PASSWORD: 'long enough a password' }
    const { refused } = preflight(changes)
    expect(refused.map((line) => /set (\w+)_PASSWORD/.exec(line)?.[1])).toEqual([
      'CLICKHOUSE_MIGRATE',
      'CLICKHOUSE_API',
      'CLICKHOUSE_INGEST',
      'CLICKHOUSE_GRAFANA',
    ])
  })

  it('lets good passwords pass anywhere', () => {
    const secrets = Object.keys(environment).filter((name) => name.endsWith('_PASSWORD'))
    const changes = Object.fromEntries(secrets.map((name) => [name, `a secret of ${name}`]))
    const binds = { GRAFANA_BIND: '0.0.0.0', CLICKHOUSE_BIND: '0.0.0.0', API_BIND: '0.0.0.0' }
    expect(preflight({ ...changes, ...binds, NETMON_ANONYMOUS: 'false' })).toEqual({
      status: 0,
      refused: [],
    })
  })
})

describe('users', () => {
  it('get the passwords of .env as hashes, after the statements that make them', () => {
    const directory = temporaryDirectory()
    const said = path.join(directory, 'said')
    const client = path.join(directory, 'clickhouse-client')
    writeFileSync(client, `#!/bin/sh\necho "-- $*" >> ${said}\ncat >> ${said}\n`)
    chmodSync(client, 0o755)
    const script = readFileSync(path.join(packageRoot, 'docker/clickhouse/users.sh'), 'utf8')
    const sql = path.join(packageRoot, 'schema/clickhouse-users.sql')
    const passwords = { INGEST: "it's", API: 'a $b `c`', GRAFANA: 'ü\\', MIGRATE: 'plain' }
    const secrets = Object.entries(passwords).map(([name, value]) => [`${name}_PASSWORD`, value])
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', script.replace('/schema/clickhouse-users.sql', sql)],
      {
        env: {
          PATH: `${directory}:${process.env['PATH']}`,
          CLICKHOUSE_HOST: 'clickhouse',
          ...Object.fromEntries(secrets),
        },
        encoding: 'utf8',
      },
    )
    expect([status, stderr]).toEqual([0, ''])
    const heard = readFileSync(said, 'utf8')
    const [, statements = '', changes = ''] = heard.split('-- --host clickhouse --multiquery\n')
    expect(statements).toBe(readFileSync(sql, 'utf8'))
    const hash = (value: string) => createHash('sha256').update(value).digest('hex')
    expect(changes.trim().split('\n')).toEqual(
      Object.entries(passwords).map(
        ([name, value]) =>
          `ALTER USER ${name.toLowerCase()} IDENTIFIED WITH sha256_hash BY '${hash(value)}';`,
      ),
    )
  })
})

describe('the reading of variables', () => {
  it('is that of Compose: value, default, default of a default', () => {
    const variable = (inner: string) => `$${`{${inner}}`}`
    const other = variable('B:-c')
    expect(interpolate(`a${other}d`, {})).toBe('acd')
    expect(interpolate(`a${other}d`, { B: 'x' })).toBe('axd')
    expect(interpolate(`${variable(`A:-${other}`)}/${variable('A:-d')}`, { B: 'x' })).toBe('x/d')
    expect(interpolate(variable(`A:-${other}`), { A: '' })).toBe('c')
  })
})
