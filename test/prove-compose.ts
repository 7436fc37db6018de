// npm run prove:compose: the services of docker-compose.yml without Docker. Kafka runs from its jars with the environment of the file, our parts as the
// file starts them, the embedded store in ClickHouse's place; what must differ is hosts, ports, directories and ClickHouse's logins.

import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packageRoot } from '../runtime/package-root.ts'
import { type ComposeService, composeText, readCompose } from './build/compose.ts'
import { findKafka } from './build/kafka-install.ts'
import { freePorts, killAll, type Running, run, runNetmon, storeClient } from './build/program.ts'

const { services } = readCompose(composeText)
const directory = mkdtempSync(path.join(tmpdir(), 'netmon-compose-'))
const storeDir = path.join(directory, 'store')
const started: Running[] = []
const flowCount = 20_000

function service(name: string): ComposeService {
  const found = services[name]
  if (found === undefined) throw new Error(`no service ${name}`)
  return found
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** The service's own environment, without what is handed on from .env, and with `changes`. */
function environmentOf(name: string, changes: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const given = Object.entries(service(name).environment).filter(([, value]) => value !== null)
  const differ = Object.keys(changes).filter((key) => changes[key] !== undefined)
  say(
    `${name}: ${service(name).command?.join(' ') ?? 'its image'}; instead of the file's: ${differ.join(', ') || 'nothing'}`,
  )
  return { ...(Object.fromEntries(given) as NodeJS.ProcessEnv), ...changes }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** As the image does it: KAFKA_A_B_C is a.b.c. */
async function startKafka(): Promise<string> {
  const install = await findKafka(false)
  if (install === undefined) throw new Error('there is no Kafka on this machine')
  if (!service('kafka').image.endsWith(`:${install.version}`)) throw new Error('another version')
  const ports = { 9092: await freePort(), 9093: await freePort(), 9094: await freePort() }
  const properties = Object.entries(service('kafka').environment)
    .filter(([name]) => name.startsWith('KAFKA_') && name !== 'KAFKA_HEAP_OPTS')
    .map(([name, value]) => {
      const here = (value ?? '')
        .replaceAll(/\b(9092|9093|9094)\b/g, (port) => String(ports[Number(port) as 9092]))
        .replaceAll('//kafka:', '//127.0.0.1:')
        .replaceAll('//:', '//127.0.0.1:')
        .replace('/var/lib/kafka/data', path.join(directory, 'kafka'))
      return `${name.slice(6).toLowerCase().replaceAll('_', '.')}=${here}`
    })
  const file = path.join(directory, 'server.properties')
  writeFileSync(file, `${properties.join('\n')}\n`)
  const clusterId = service('kafka').environment['CLUSTER_ID'] ?? ''
  const format = ['format', '--cluster-id', clusterId, '--config', file]
  execFileSync(...install.command('kafka.tools.StorageTool', format, directory), {
    stdio: 'ignore',
  })
  const broker = run(...install.command('kafka.Kafka', [file], directory))
  started.push(broker)
  await broker.says(/Kafka Server started/)
  say(
    `kafka: ${install.version} from its jars, with the file's environment; instead of the file's: hosts, ports, directory`,
  )
  return `127.0.0.1:${ports[9094]}`
}

async function startPart(args: readonly string[], environment: NodeJS.ProcessEnv) {
  const running = runNetmon(args, { ...freePorts, ...environment })
  started.push(running)
  const [, line] = await running.says(/({.*"msg":"ready".*})/)
  return { running, info: JSON.parse(line ?? '{}') as Record<string, unknown> }
}

function checkHealth(name: string, address: string): void {
  const { healthcheck } = service(name)
  if (healthcheck === undefined || 'disable' in healthcheck) throw new Error(`${name} has none`)
  const [, command = '', script = '', url = ''] = healthcheck.test
  const asked = url.replace(/\/\/[^/]+/, `//${address}`)
  const { status, stderr } = spawnSync(command, [script, asked], {
    cwd: packageRoot,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${name} is not healthy: ${stderr}`)
  const gone = spawnSync(command, [script, 'http://127.0.0.1:9/health'], { cwd: packageRoot })
  if (gone.status === 0)
    throw new Error(`the healthcheck of ${name} finds what is not there healthy`)
  say(`${name}: healthy by its own healthcheck`)
}

async function stop(name: string, running: Running): Promise<void> {
  const began = Date.now()
  running.process.kill('SIGTERM')
  const code = await running.ended
  const seconds = (Date.now() - began) / 1000
  if (code !== 0 || seconds > Number.parseInt(service(name).stop_grace_period ?? '10', 10)) {
    throw new Error(`${name} ended with ${code} after ${seconds} s`)
  }
  say(`${name}: ended in its grace`)
}

async function prove(): Promise<void> {
  const { status } = spawnSync('sh', service('preflight').entrypoint?.slice(1) ?? [], {
    cwd: packageRoot,
    env: environmentOf('preflight', { PATH: process.env['PATH'] }),
  })
  if (status !== 0) throw new Error('preflight refuses the defaults')
  const brokers = await startKafka()

  const store = await startPart(['store', '--data', storeDir], { NETMON_KAFKA_BROKERS: brokers })
  const inStore = {
    NETMON_DATA_DIR: storeDir,
    NETMON_CLICKHOUSE_URL: undefined,
    NETMON_CLICKHOUSE_USER: undefined,
    NETMON_CLICKHOUSE_PASSWORD: undefined,
  }
  const migrate = runNetmon(
    service('migrate').command ?? [],
    environmentOf('migrate', { ...inStore, NETMON_KAFKA_BROKERS: brokers }),
  )
  if ((await migrate.ended) !== 0) throw new Error(migrate.output().stderr)
  say(migrate.output().stdout.trim())

  const api = await startPart(
    service('api').command ?? [],
    environmentOf('api', { ...inStore, NETMON_API_HOST: '127.0.0.1', NETMON_API_PORT: '0' }),
  )
  const apiAddress = `127.0.0.1:${String(api.info['port'])}`
  checkHealth('api', apiAddress)

  const collector = await startPart(
    service('collector').command ?? [],
    environmentOf('collector', {
      NETMON_DATA_DIR: path.join(directory, 'collector'),
      NETMON_LISTEN: 'udp://127.0.0.1:0',
      NETMON_KAFKA_BROKERS: brokers,
      NETMON_API_URL: `http://${apiAddress}`,
      NETMON_COLLECTOR_HTTP: '127.0.0.1:0',
    }),
  )
  checkHealth('collector', String(collector.info['http']))

  const [listener] = collector.info['listeners'] as { port: number }[]
  const [command = '', ...flags] = service('generate').command ?? []
  const target = flags.map((flag) =>
    flag === '127.0.0.1:2055' ? `127.0.0.1:${listener?.port}` : flag,
  )
  const rate = target.indexOf('--rate')
  if (rate !== -1) target[rate + 1] = '5000'
  const generate = runNetmon([command, ...target, '--flows', String(flowCount)])
  if ((await generate.ended) !== 0) throw new Error(generate.output().stderr)
  say(`generate: ${flowCount} flows sent`)

  const client = storeClient(storeDir)
  const deadline = Date.now() + 120_000
  let stored = 0
  while (stored < flowCount && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    const result = await client.query({
      query: 'SELECT toUInt32(count()) AS flows FROM raw',
      format: 'JSONEachRow',
    })
    stored = (await result.json<{ flows: number }>())[0]?.flows ?? 0
  }
  await client.close()
  if (stored !== flowCount) throw new Error(`${stored} flows are in the table`)
  say(`clickhouse's place: ${stored} flows in the table, through Kafka`)
  await stop('collector', collector.running)
  await stop('api', api.running)
  store.running.process.kill('SIGTERM')
  await store.running.ended
}

try {
  await prove()
} finally {
  for (const running of started) killAll(running)
  await Promise.all(started.map(({ ended }) => ended))
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
}
