import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runCommand } from '../../alert/exec.ts'

const node = process.execPath
const never = new AbortController().signal

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'netmon-exec-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true, force: true })
})

/** Runs a script of Node's, which may write to the file that its first argument names. */
function run(script: string, { input = '[]', timeoutMs = 30_000, signal = never } = {}) {
  return runCommand([node, '-e', script, path.join(directory, 'out')], { input, timeoutMs, signal })
}

const written = () => readFile(path.join(directory, 'out'), 'utf8')

test('the input arrives whole on the standard input of the command, and nothing of it in its arguments', async () => {
  const input = JSON.stringify([{ name: '$(touch x) ;id -rf \n', filler: 'x'.repeat(300_000) }])
  const script = `
    let text = ''
    process.stdin.on('data', (chunk) => { text += chunk })
    process.stdin.on('end', () => fs.writeFileSync(process.argv[1], JSON.stringify([process.argv.length, text])))`
  expect(await run(script, { input })).toBeUndefined()
  expect(JSON.parse(await written())).toEqual([2, input])
})

test('a command that does not read its input is judged by its exit code', async () => {
  const input = 'x'.repeat(1_000_000)
  expect(await run('process.exit(0)', { input })).toBeUndefined()
  expect(await run('process.exit(3)', { input })).toBe('exited with 3')
})

test('a command that is not there is told', async () => {
  const missing = path.join(directory, 'missing')
  expect(await runCommand([missing], { input: '', timeoutMs: 1_000, signal: never })).toBe(
    'cannot be started: ENOENT',
  )
})

test('a command that is killed is told', async () => {
  expect(await run('process.kill(process.pid, "SIGKILL")')).toBe('was ended by SIGKILL')
})

test('our settings are not in its environment', async () => {
  vi.stubEnv('NETMON_CLICKHOUSE_PASSWORD', 'a secret')
  vi.stubEnv('OTHER', 'kept')
  await run('fs.writeFileSync(process.argv[1], JSON.stringify(process.env))')
  const environment = JSON.parse(await written())
  expect(environment).not.toHaveProperty('NETMON_CLICKHOUSE_PASSWORD')
  expect(environment).toMatchObject({ OTHER: 'kept' })
})

describe('a command that does not end', () => {
  // A child of its own ignores SIGTERM; its id is written down once it does.
  const parent = `
    const source = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); process.send("ready")'
    const child = require('node:child_process').spawn(process.execPath, ['-e', source], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    child.once('message', () => fs.writeFileSync(process.argv[1], String(child.pid)))
    setInterval(() => {}, 1000)`

  // A process that is dead and not yet waited for is a zombie.
  const isRunning = async (pid: number) => {
    try {
      return !/^State:\s+Z/m.test(await readFile(`/proc/${pid}/status`, 'utf8'))
    } catch {
      return false
    }
  }

  test('is ended with all that it started', async () => {
    const controller = new AbortController()
    const result = run(parent, { signal: controller.signal })
    await vi.waitFor(async () => expect(await written()).not.toBe(''), 20_000)
    controller.abort()
    expect(await result).toBe('was stopped')
    const pid = Number(await written())
    await vi.waitFor(async () => expect(await isRunning(pid)).toBe(false), 10_000)
  })

  test('is ended when its time is over, also when it does not want to', async () => {
    const stubborn = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'
    expect(await run(stubborn, { timeoutMs: 500 })).toBe('did not end within 0.5 s')
  })
})
