import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { readAsName, readNameLists } from '../../../api/names/lists.ts'
import { namesOf } from '../../../api/traffic/names.ts'
import { temporaryDirectory } from '../../build/temporary.ts'

function fileOf(...lines: string[]): string {
  const file = path.join(temporaryDirectory(), 'names')
  writeFileSync(file, lines.join('\n'))
  return file
}

test.each([
  ['64500,Example Networks', 64500, 'Example Networks'],
  ['AS64500,"Example, Inc. ""the"" first",NL', 64500, 'Example, Inc. "the" first, NL'],
  ['4294967295,Last', 4294967295, 'Last'],
  // As the RIPE NCC writes its list.
  ['64500 EXAMPLE-AS Example Networks, NL', 64500, 'EXAMPLE-AS Example Networks, NL'],
  ['64500 EXAMPLE Example, without a country', 64500, 'EXAMPLE Example, without a country'],
  // Of ranges of addresses, with tabs and with commas.
  ['192.0.2.0\t192.0.2.255\t64500\tNL\tEXAMPLE-AS - Example', 64500, 'EXAMPLE-AS - Example, NL'],
  ['2001:db8::,2001:db8::ffff,64500,"Example, Inc."', 64500, 'Example, Inc.'],
  ['64500,<img src=x onerror=alert(1)>', 64500, '<img src=x onerror=alert(1)>'],
])('%j names an AS', (line, number, name) => {
  expect(readAsName(line)).toEqual({ number, name })
})

test.each([
  '',
  '# 64500 Example',
  'asn,name',
  '64500',
  '64500,',
  '0,Unknown',
  '4294967296,Too great',
  '0.0.0.0\t0.255.255.255\t0\tNone\tNot routed',
])('%j names none', (line) => {
  expect(readAsName(line)).toBeUndefined()
})

test('a name of thousands of characters is cut, and a line that is longer still left out', async () => {
  const asNames = fileOf(`1,${'a'.repeat(3000)}`, `2,${'b'.repeat(5000)}`, '3,c')
  const lists = await readNameLists({ asNames, countries: undefined })
  expect([1, 2, 3].map((number) => lists.asName(number)?.length)).toEqual([256, undefined, 1])
})

test('countries are those of the range that holds an address, to its first and last one', async () => {
  const countries = fileOf(
    'start,end,country',
    '192.0.2.0,192.0.2.127,NL',
    '192.0.2.128,192.0.2.255,DE',
    '198.51.100.0\t198.51.100.255\t64500\tFR\tEXAMPLE',
    '2001:db8::,2001:db8:0:ffff:ffff:ffff:ffff:ffff,JP',
  )
  const { countryOf } = await readNameLists({ asNames: undefined, countries })
  const asked = ['192.0.1.255', '192.0.2.0', '192.0.2.127', '192.0.2.128', '192.0.3.0']
  expect(asked.map(countryOf)).toEqual([
    undefined,
    'Netherlands',
    'Netherlands',
    'Germany',
    undefined,
  ])
  expect(
    ['::ffff:198.51.100.9', '2001:db8::1', '2001:db8:1::', 'no address'].map(countryOf),
  ).toEqual(['France', 'Japan', undefined, undefined])
})

test('rows are named by both lists', async () => {
  const lists = await readNameLists({
    asNames: fileOf('64500,Example'),
    countries: fileOf('203.0.113.0,203.0.113.255,NL'),
  })
  const known = { routers: [], interfaces: new Map<string, string>(), lists }
  expect(namesOf(['src_as', 'dst_net'], ['64500', '203.0.113.0/24'], known)).toEqual([
    'Example',
    'Netherlands',
  ])
  expect(namesOf(['dst_as', 'src_addr'], ['64501', '::'], known)).toEqual([null, null])
})

test.each([
  [
    { asNames: '/nowhere/names', countries: undefined },
    'NETMON_AS_NAMES: cannot read /nowhere/names (ENOENT)',
  ],
  [
    { asNames: undefined, countries: '/nowhere/names' },
    'NETMON_COUNTRIES: cannot read /nowhere/names (ENOENT)',
  ],
])('a file that is not there is named: %j', async (files, message) => {
  await expect(readNameLists(files)).rejects.toThrow(message)
})

test('a file of something else is refused, with what a line should be like', async () => {
  const file = fileOf('hello', 'world')
  await expect(readNameLists({ asNames: file, countries: undefined })).rejects.toThrow(
    'is like 64500,Example Networks,NL',
  )
  await expect(readNameLists({ asNames: undefined, countries: file })).rejects.toThrow(
    'is like 203.0.113.0,203.0.113.255,NL',
  )
})

test('ranges that are not sorted are refused, since they would be looked for in the wrong place', async () => {
  const countries = fileOf('198.51.100.0,198.51.100.255,NL', '192.0.2.0,192.0.2.255,DE')
  await expect(readNameLists({ asNames: undefined, countries })).rejects.toThrow(
    'not in the order of its addresses at 192.0.2.0',
  )
})
