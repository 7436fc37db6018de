import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { generateWriter } from '../../../collector/compiled/generate.ts'

/** Fields of the lengths that most exporters use, in this order in the record. */
function generate(...fields: (readonly [id: number, length: number])[]) {
  let recordBytes = 0
  const offsets = fields.map(([, length]) => {
    const offset = recordBytes
    recordBytes += length
    return offset
  })
  return generateWriter({
    protocol: 'netflow9',
    fields: fields.map(([id, length]) => ({ id, length, enterprise: undefined })),
    offsets,
    order: fields.map((_, index) => index),
    recordBytes,
  })
}

const ends = [
  [8, 4],
  [12, 4],
] as const
const times = [
  [22, 4],
  [21, 4],
] as const

test('the source of a writer, whole', () => {
  const { source } = generate(...ends, [2, 4], [4, 1], [16, 4], ...times)!
  expect(source).toMatchSnapshot()
})

test.each([
  ['no destination', [[8, 4], ...times]],
  ['one end of another family', [...ends, [27, 16], ...times]],
  ['two sources of a family', [...ends, [8, 4], ...times]],
  ['an end of another length', [[8, 4], [12, 3], ...times]],
  ['no end of time', [...ends, [22, 4]]],
  ['times of two kinds', [...ends, [22, 4], [153, 8]]],
  ['an element that writers do not know', [...ends, [161, 4], ...times]],
  ['two samplers', [...ends, [48, 1], [302, 4], ...times]],
  ['a sampler and an interval', [...ends, [48, 1], [34, 4], ...times]],
  ['two labels of one depth', [...ends, [70, 3], [70, 3], ...times]],
  ['a time that is too short', [...ends, [154, 8], [155, 4]]],
] as const)('records with %s are interpreted', (_, fields) => {
  expect(generate(...fields)).toBeUndefined()
})

test('nothing but whole numbers in their range goes into the source', () => {
  for (const wrong of [1.5, -1, Number.NaN, 65_536]) {
    expect(() => generate(...ends, [2, wrong], ...times)).toThrow(RangeError)
  }
})

test('where code may not be generated there is no writer, and nothing is thrown', () => {
  const url = (file: string) => pathToFileURL(path.join(import.meta.dirname, '../../..', file)).href
  const script = `
    import { compileWriter } from ${JSON.stringify(url('collector/compiled/writers.ts'))}
    console.log(compileWriter({ source: 'return () => 0' }))`
  const output = execFileSync(
    process.execPath,
    [
      '--disallow-code-generation-from-strings',
      '--import',
      url('test/build/typescript.js'),
      '--input-type=module',
      '-e',
      script,
    ],
    { encoding: 'utf8' },
  )
  expect(output).toBe('undefined\n')
})
