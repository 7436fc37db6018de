// A real Apache Kafka broker of one's own: KRaft, one node, free ports of loopback, a directory that outlives stops and kills.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { type Certificates, makeCertificates } from './certificates.ts'
import { findKafka, type KafkaInstall } from './kafka-install.ts'

/** Addresses of brokers that tests are given to use: somebody else's, which they neither stop nor configure. Topics and groups there need names of their own. */
export const givenBrokers: string | undefined = process.env['NETMON_KAFKA_BROKERS']

/** To run a broker of one's own; undefined where none can be had: `describe.skipIf(kafka === undefined)`. */
export const kafka: KafkaInstall | undefined = await findKafka(givenBrokers !== undefined)

/** Users of the SASL_SSL listener, the same for PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
export const saslUser = { user: 'netmon', password: "it's a password; for tests" }

export interface TestBroker {
  /** host:port of the PLAINTEXT listener. */
  readonly address: string
  /** host:port of the SASL_SSL listener; its certificate is from `certificates.ca`, for localhost and 127.0.0.1. */
  readonly secureAddress: string
  readonly certificates: Certificates
  /** Holds its configuration, and its log in `data`. */
  readonly directory: string
  readonly process: ChildProcess
  /** Starts again on the same ports and directory; resolves when it serves. */
  start(): Promise<void>
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>
  /** As a power cut of the process: SIGKILL. */
  kill(): Promise<void>
  /** Kills it if it runs, and removes its directory. */
  remove(): Promise<void>
}

export interface TestBrokerOptions {
  /** The port that clients are told instead of the PLAINTEXT listener's: that of a proxy. */
  advertisedPort?: number
  /** Lines of server.properties. */
  properties?: Readonly<Record<string, string | number>>
}

/** @throws Error with what it said when it does not start. */
export async function startBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  if (kafka === undefined) throw new Error('there is no Kafka on this machine')
  const install = kafka
  const directory = await mkdtemp(path.join(tmpdir(), 'netmon-kafka-'))
  const certificates = await makeCertificates(directory)
  const [port, securePort, controllerPort] = await freeTcpPorts(3)
  const file = path.join(directory, 'server.properties')
  const host = '127.0.0.1'
  await writeFile(
    file,
    formatProperties({
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@${host}:${controllerPort}`,
      listeners: `PLAINTEXT://${host}:${port},SASL_SSL://${host}:${securePort},CONTROLLER://${host}:${controllerPort}`,
      'advertised.listeners': `PLAINTEXT://${host}:${options.advertisedPort ?? port},SASL_SSL://${host}:${securePort}`,
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'PLAINTEXT',
      'listener.security.protocol.map':
        'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL',
      'log.dirs': path.join(directory, 'data'),
      'auto.create.topics.enable': 'false',
      'offsets.topic.replication.factor': 1,
      'offsets.topic.num.partitions': 1,
      'group.initial.rebalance.delay.ms': 0,
      // So long the controller holds the place of one that was killed, and lets no other in.
      'broker.session.timeout.ms': 2_000,
      'broker.heartbeat.interval.ms': 500,
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.sasl_ssl.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${saslUser.user}=${JSON.stringify(saslUser.password)};`,
      'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': certificates.serverKeyAndCertificate,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': certificates.ca,
      'ssl.client.auth': 'requested',
      ...options.properties,
    }),
  )
  let child: ChildProcess
  try {
    await format(install, directory, file)
    child = await launch(install, directory, file)
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }
  return {
    address: `${host}:${port}`,
    secureAddress: `${host}:${securePort}`,
    certificates,
    directory,
    get process() {
      return child
    },
    async start() {
      child = await launch(install, directory, file)
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async remove() {
      await end('SIGKILL')
      await rm(directory, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Of a process, now, in MiB (Linux). */
export function residentMebibytes({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}

/** Ports of loopback that were free a moment ago. */
export async function freeTcpPorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

/** Makes the directory of a new cluster, with the SCRAM users in it. */
async function format(install: KafkaInstall, directory: string, file: string): Promise<void> {
  const { user, password } = saslUser
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${JSON.stringify(user)},password=${JSON.stringify(password)}]`,
  ])
  // 16 bytes; random ones may begin with a dash, which would be an option.
  const clusterId = Buffer.from('netmon test 0001').toString('base64url')
  const args = ['format', '--cluster-id', clusterId, '--config', file, ...users]
  const [command, commandArgs] = install.command('kafka.tools.StorageTool', args, directory)
  await promisify(execFile)(command, commandArgs)
}

async function launch(
  install: KafkaInstall,
  directory: string,
  file: string,
): Promise<ChildProcess> {
  const [command, args] = install.command('kafka.Kafka', [file], directory)
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  // A test run that is told to end takes its brokers with it.
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  child.once('exit', () => process.removeListener('exit', endWithUs))
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (text: Buffer) => {
      said = `${said}${text}`.slice(-8_000)
      if (said.includes('Kafka Server started')) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      reject(new Error(`the broker ended with ${code ?? signal}:\n${said}`)),
    )
  })
  return child
}

function formatProperties(properties: Readonly<Record<string, string | number>>): string {
  const escaped = (value: string) => value.replaceAll('\\', '\\\\')
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${escaped(String(value))}\n`)
    .join('')
}
