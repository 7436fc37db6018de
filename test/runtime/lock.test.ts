import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { lockDirectory } from '../../runtime/lock.ts'
import { temporaryDirectory } from '../build/temporary.ts'

const directory = () => temporaryDirectory()

test('a directory is taken once, and free again after it was given back', () => {
  const place = directory()
  const unlock = lockDirectory(place)
  expect(() => lockDirectory(place)).toThrow(`${place} is in use by process ${process.pid}`)
  unlock()
  lockDirectory(place)()
})

test('the lock of a process that died is taken over', async () => {
  const place = directory()
  lockDirectory(place)
  const identity = JSON.parse(readFileSync(path.join(place, 'lock'), 'utf8')) as { pid: number }
  const dead = spawn(process.execPath, ['-e', ''])
  await new Promise((resolve) => dead.once('exit', resolve))
  writeFileSync(path.join(place, 'lock'), JSON.stringify({ ...identity, pid: dead.pid }))
  lockDirectory(place)()
})

test('a live process with the dead holder’s number is not mistaken for it', () => {
  const place = directory()
  lockDirectory(place)
  const identity = JSON.parse(readFileSync(path.join(place, 'lock'), 'utf8')) as object
  writeFileSync(path.join(place, 'lock'), JSON.stringify({ ...identity, startedTicks: '1' }))
  lockDirectory(place)()
})

test.each(['', '{}', 'garbage'])('a lock file that holds %j locks nothing', (content) => {
  const place = directory()
  writeFileSync(path.join(place, 'lock'), content)
  lockDirectory(place)()
})
