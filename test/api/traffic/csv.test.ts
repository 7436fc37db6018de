import { expect, test } from 'vitest'
import { csvText } from '../../../api/traffic/csv.ts'
import { exactJson } from '../../../api/traffic/exact-json.ts'

test('CSV quotes what RFC 4180 says, and no text is a formula', () => {
  expect(csvText([['a', 'b,c', 'say "hi"', 'two\r\nlines', '', null, undefined]])).toBe(
    'a,"b,c","say ""hi""","two\r\nlines",,,\r\n',
  )
  expect(csvText([['=1+1', '+1', '-1', '@x', '\tx', '=a,"b']])).toBe(
    "'=1+1,'+1,'-1,'@x,'\tx,\"'=a,\"\"b\"\r\n",
  )
  expect(csvText([[-1, 0.5, 2n ** 64n]])).toBe('-1,0.5,18446744073709551616\r\n')
})

test('JSON with bigints is JSON, and all else is as JSON.stringify has it', () => {
  const value = { a: [1, null, 'x"\u2028', [true]], b: { c: undefined, d: 0.1 }, e: Number.NaN }
  expect(exactJson(value)).toBe(JSON.stringify(value))
  expect(exactJson({ a: [2n ** 70n, undefined] })).toBe('{"a":[1180591620717411303424,null]}')
})
