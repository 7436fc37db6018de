import { statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { keepCredentials, readCredentials } from '../../runtime/credentials.ts'
import { temporaryDirectory } from '../build/temporary.ts'

const newDirectory = () => temporaryDirectory()

test('user and password are made once, for their owner’s eyes only; the address follows the store', async () => {
  const directory = newDirectory()
  expect(await readCredentials(directory)).toBeUndefined()
  const first = await keepCredentials(directory, 'http://127.0.0.1:8123')
  expect(first.password).toMatch(/^[\w-]{32}$/)
  expect(statSync(path.join(directory, 'credentials')).mode & 0o777).toBe(0o600)
  const second = await keepCredentials(directory, 'http://127.0.0.1:9000')
  expect(second).toEqual({ ...first, url: 'http://127.0.0.1:9000' })
  expect(await readCredentials(directory)).toEqual(second)
})

test('two directories never share a password', async () => {
  const [one, two] = await Promise.all(
    [newDirectory(), newDirectory()].map((directory) =>
      keepCredentials(directory, 'http://127.0.0.1:1'),
    ),
  )
  expect(one?.password).not.toBe(two?.password)
})

test.each(['', '{}', '{"url":"http://127.0.0.1:1","user":"u","password":"short"}'])(
  'a file that holds %j is told, not repeated',
  async (content) => {
    const directory = newDirectory()
    writeFileSync(path.join(directory, 'credentials'), content)
    await expect(readCredentials(directory)).rejects.toThrow(
      /does not hold the store's credentials: move it away/,
    )
    await expect(readCredentials(directory)).rejects.not.toThrow(/short/)
  },
)
