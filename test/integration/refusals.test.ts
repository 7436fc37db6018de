// What keeps the program from starting is told in one line that names it and the setting to change; nothing is left running.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { freePorts, interrupt, type Running, runNetmon, startProgram } from '../build/program.ts'
import { temporaryDirectory } from '../build/temporary.ts'

const open: { close(): void }[] = []
afterEach(() => {
  for (const resource of open.splice(0)) resource.close()
})

async function expectRefusal(running: Running, exitCode: number, line: RegExp): Promise<void> {
  await expectOneLine(running, exitCode, line)
  expect(childrenLeft(running)).toEqual([])
}

async function expectOneLine(running: Running, exitCode: number, line: RegExp): Promise<void> {
  expect(await running.ended).toBe(exitCode)
  const { stdout, stderr } = running.output()
  expect(stdout).toBe('')
  expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(line)])
}

/** Processes that carry this run's data directory in their environment. */
function childrenLeft(running: Running): string[] {
  const dataDir = running.process.spawnargs[running.process.spawnargs.indexOf('--data') + 1]
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) &&
        readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`NETMON_DATA_DIR=${dataDir}\0`)
      )
    } catch {
      return false
    }
  })
}

const up = (environment: NodeJS.ProcessEnv = {}, dataDir = temporaryDirectory()) =>
  runNetmon(['up', '--data', dataDir], { ...freePorts, ...environment })

test('a UDP port in use', async () => {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  open.push(socket)
  const { port } = socket.address()
  await expectRefusal(
    up({ NETMON_LISTEN: `udp://127.0.0.1:${port}` }),
    1,
    new RegExp(
      `^netmon: udp://127\\.0\\.0\\.1:${port} is in use by another program: .*NETMON_LISTEN`,
    ),
  )
})

test.each([
  ['NETMON_API_PORT', (port: number) => String(port)],
  ['NETMON_STORE_PORT', (port: number) => String(port)],
  ['NETMON_COLLECTOR_HTTP', (port: number) => `127.0.0.1:${port}`],
])('a TCP port in use: %s', async (setting, value) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(server)
  const { port } = server.address() as AddressInfo
  await expectRefusal(
    up({ [setting]: value(port) }),
    1,
    new RegExp(`^netmon: .*${port}.*in use.*${setting}`),
  )
})

test('a data directory that cannot be written', async () => {
  const parent = temporaryDirectory()
  writeFileSync(path.join(parent, 'file'), '')
  await expectRefusal(
    up({}, path.join(parent, 'file')),
    1,
    /^netmon: cannot write to .*file .*--data or NETMON_DATA_DIR/,
  )
  chmodSync(parent, 0o500)
  if (process.getuid?.() === 0) return // root may write everywhere
  await expectRefusal(up({}, path.join(parent, 'data')), 1, /^netmon: cannot write to/)
})

test('a data directory in use', async () => {
  const dataDir = temporaryDirectory()
  const program = await startProgram(dataDir)
  const second = runNetmon(['up', '--data', dataDir], freePorts)
  await expectOneLine(
    second,
    1,
    /^netmon: .* is in use by process \d+: .*--data or NETMON_DATA_DIR/,
  )
  await program.store.close()
  interrupt(program.running)
  expect(await program.running.ended).toBe(0)
  expect(childrenLeft(program.running)).toEqual([])
})

test.each([
  [['up', '--no-such-flag'], /^netmon: Unknown option '--no-such-flag'; `netmon up --help`/],
  [['up', 'word'], /^netmon: Unexpected argument 'word'/],
  [['upp'], /^netmon: there is no command "upp"; the commands are up, /],
  [['alert', '--format', 'xml'], /^netmon: --format expects json or text, not "xml"/],
  [['alert', '--channel', 'mail'], /^netmon: --channel is for --new: /],
])('netmon %j is wrong usage', async (args, line) => {
  const running = runNetmon(args)
  expect(await running.ended).toBe(2)
  expect(running.output().stderr.trim().split('\n')).toEqual([expect.stringMatching(line)])
})

test('an unknown variable, and one with a bad value', async () => {
  await expectRefusal(up({ NETMON_LISTENS: 'x' }), 2, /^netmon: NETMON_LISTENS is not a setting/)
  await expectRefusal(up({ NETMON_API_PORT: 'http' }), 2, /^netmon: NETMON_API_PORT expects a port/)
})
