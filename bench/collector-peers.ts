// Other collectors, as their packages bring them, each told to keep what it gets: nfcapd and sfcapd write every flow to a file, nfacctd and sfacctd add flows up
// by the keys that most records have, goflow2 writes its protobuf into nothing, and to Kafka.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Protocol } from '../netmon/generate/options.ts'
import { end, queueOf, spawnPinned, subjectCore, usageOf } from './collector-processes.ts'

/** Something that receives on a port of loopback. */
export interface Subject {
  readonly port: number
  readonly pid: number
  /** Resolves when it has nothing to do any more. */
  settled(): Promise<void>
  stop(): Promise<void>
}

export interface Peer {
  readonly name: string
  /** Undefined when it is not on this machine. */
  readonly program: string | undefined
  readonly protocols: readonly Protocol[]
  /** It sends to a broker. */
  readonly toKafka?: true
  /** Arguments for a directory of its own, which is empty, and a topic of its own where there is a broker. */
  arguments(port: number, directory: string, kafka: KafkaTopic | undefined): string[]
}

export interface KafkaTopic {
  readonly broker: string
  readonly topic: string
}

const receiveBufferBytes = 4 * 1024 * 1024
/** Longer than any run: files are written when they are full, not by the clock. */
const neverSeconds = 86_400
const startMs = 10_000
const idleMs = 1_500
const stillCpuSeconds = 0.05

const goflow2 = process.env['GOFLOW2'] ?? find('goflow2')
const netflow = ['v5', 'v9', 'ipfix'] as const

export const peers: readonly Peer[] = [
  {
    name: 'nfcapd',
    program: find('nfcapd'),
    protocols: netflow,
    arguments: nfdumpArguments,
  },
  {
    name: 'sfcapd',
    program: find('sfcapd'),
    protocols: ['sflow'],
    arguments: nfdumpArguments,
  },
  {
    name: 'nfacctd',
    program: find('nfacctd'),
    protocols: netflow,
    arguments: (port, directory) => pmacctArguments('nfacctd', port, directory),
  },
  {
    name: 'sfacctd',
    program: find('sfacctd'),
    protocols: ['sflow'],
    arguments: (port, directory) => pmacctArguments('sfacctd', port, directory),
  },
  {
    name: 'goflow2',
    program: goflow2,
    protocols: [...netflow, 'sflow'],
    arguments: (port) => [
      ...goflow2Arguments(port),
      ...['-transport', 'file', '-transport.file', '/dev/null'],
    ],
  },
  {
    // A flow a message, acknowledged by the leader, as it does without being told otherwise; flushed as often as our segments are sealed.
    name: 'goflow2 to Kafka',
    program: goflow2,
    protocols: [...netflow, 'sflow'],
    toKafka: true,
    arguments: (port, _, kafka) => [
      ...goflow2Arguments(port),
      ...['-transport', 'kafka', '-transport.kafka.flushfreq', '1s'],
      ...['-transport.kafka.brokers', kafka?.broker ?? ''],
      ...['-transport.kafka.topic', kafka?.topic ?? ''],
    ],
  },
]

function goflow2Arguments(port: number): string[] {
  const listen = `netflow://127.0.0.1:${port},sflow://127.0.0.1:${port + 1}`
  return ['-listen', listen, '-format', 'bin', '-addr', '']
}

function nfdumpArguments(port: number, directory: string): string[] {
  const options = { '-w': directory, '-b': '127.0.0.1', '-p': port, '-t': neverSeconds }
  return Object.entries({ ...options, '-B': receiveBufferBytes }).flatMap(([flag, value]) => [
    flag,
    String(value),
  ])
}

function pmacctArguments(program: string, port: number, directory: string): string[] {
  const file = path.join(directory, 'pmacct.conf')
  const keys =
    'src_host,dst_host,src_port,dst_port,proto,tos,tcpflags,in_iface,out_iface,src_as,dst_as,peer_src_ip'
  const lines = [
    'daemonize: false',
    `${program}_ip: 127.0.0.1`,
    `${program}_port: ${port}`,
    `${program}_pipe_size: ${receiveBufferBytes}`,
    'plugins: print',
    'plugin_pipe_size: 67108864',
    'plugin_buffer_size: 65536',
    `aggregate: ${keys}`,
    'print_output: csv',
    `print_output_file: ${path.join(directory, 'flows.csv')}`,
    `print_refresh_time: ${neverSeconds}`,
    'print_cache_entries: 199999',
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  return ['-f', file]
}

/** Starts the peer on the subject's core; resolves when it listens. */
export async function startPeer(
  peer: Peer,
  program: string,
  protocol: Protocol,
  kafka: KafkaTopic | undefined,
): Promise<Subject> {
  const directory = mkdtempSync(path.join(tmpdir(), 'netmon-bench-'))
  const first = await freeUdpPort()
  const port = peer.program === goflow2 && protocol === 'sflow' ? first + 1 : first
  const child = spawnPinned(subjectCore, [program, ...peer.arguments(first, directory, kafka)], {
    stdio: 'ignore',
  })
  const stop = async () => {
    // What it still has to write is no part of what is measured.
    await end(child, 'SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
  for (let waitedMs = 0; queueOf(port) === undefined; waitedMs += 50) {
    if (child.exitCode !== null || waitedMs > startMs) {
      await stop()
      throw new Error(`${program} does not listen`)
    }
    await setTimeout(50)
  }
  const pid = child.pid ?? 0
  return { port, pid, settled: () => (peer.toKafka ? idle(pid) : Promise.resolve()), stop }
}

/** What waits for its flush has left when nothing was done for longer than that. */
async function idle(pid: number): Promise<void> {
  for (let before = -1, now = 0; now - before > stillCpuSeconds; await setTimeout(idleMs)) {
    before = now
    now = usageOf(pid).cpuSeconds
  }
}

function find(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin']
  return folders.map((folder) => path.join(folder, program)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
