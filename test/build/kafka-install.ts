// Where tests get an Apache Kafka of their own from: its jars by Maven, kept outside the tree; else a container. Without either the tests that need
// one are skipped and say so, but for continuous integration, where that is a failure.

import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { archiveClasses } from './kafka-archive.ts'

const version = '4.3.0'

/** How to run one of Kafka's classes on this machine. */
export interface KafkaInstall {
  readonly version: string
  /** The command line that runs `mainClass`; it may read and write below `directory`. */
  command(mainClass: string, args: readonly string[], directory: string): [string, string[]]
}

// Small, and quick to start: compiling for speed is not worth it for a broker that lives for a minute.
const jvmFlags = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
]

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>netmon.test</groupId>
  <artifactId>broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${version}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`

/**
 * Kafka for tests; undefined when this machine cannot have it. The first call of a machine downloads 44 MB and lets a broker start once, which takes some twenty seconds.
 * @param hasGivenBrokers whether tests have other brokers to use, so that only those that stop or configure theirs lack something
 * @throws Error under continuous integration without given brokers, instead of undefined
 */
export async function findKafka(hasGivenBrokers: boolean): Promise<KafkaInstall | undefined> {
  const found = (await findJars()) ?? findContainer()
  if (found === undefined) {
    const missing = 'no Apache Kafka to run: it takes Java 17 and Maven, or Docker'
    if (process.env['CI'] && !hasGivenBrokers) throw new Error(missing)
    process.stderr.write(`${missing}; tests that need a broker of their own are skipped\n`)
  }
  return found
}

async function findJars(): Promise<KafkaInstall | undefined> {
  if (!runs('java', '-version')) return undefined
  const cache = process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache')
  const jars = path.join(cache, 'netmon-test', `kafka-${version}`)
  if (!existsSync(jars)) {
    if (!runs('mvn', '--version')) return undefined
    await download(jars)
  }
  const java = (mainClass: string, args: readonly string[]) => [
    ...jvmFlags,
    ...['-cp', path.join(jars, '*'), mainClass, ...args],
  ]
  const archive = `${jars}.jsa`
  if (!existsSync(archive)) await archiveClasses(archive, java)
  const flags = existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []
  return { version, command: (mainClass, args) => ['java', [...flags, ...java(mainClass, args)]] }
}

/** Whole or not at all: test files that run at the same time may all do it. */
async function download(jars: string): Promise<void> {
  await mkdir(path.dirname(jars), { recursive: true })
  const work = await mkdtemp(`${jars}-`)
  try {
    const file = path.join(work, 'pom.xml')
    await writeFile(file, pom)
    const lib = path.join(work, 'lib')
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${lib}`]
    await promisify(execFile)('mvn', ['--batch-mode', '--quiet', '--file', file, ...goal])
    await rename(lib, jars).catch((error: unknown) => {
      if (!existsSync(jars)) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

function findContainer(): KafkaInstall | undefined {
  if (!runs('docker', 'info')) return undefined
  return {
    version,
    command: (mainClass, args, directory) => [
      'docker',
      [
        ...['run', '--rm', '--init', '--network', 'host', '--volume', `${directory}:${directory}`],
        ...['--user', `${process.getuid?.()}:${process.getgid?.()}`, '--entrypoint', 'java'],
        ...[`apache/kafka:${version}`, ...jvmFlags, '-cp', '/opt/kafka/libs/*', mainClass, ...args],
      ],
    ],
  }
}

function runs(command: string, argument: string): boolean {
  try {
    execFileSync(command, [argument], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
