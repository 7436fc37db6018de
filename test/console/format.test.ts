import { expect, test } from 'vitest'
import {
  formatAmount,
  formatDuration,
  formatShare,
  formatWhole,
  readAmount,
} from '../../console/format.ts'

test.each([
  [0, '0 bit/s'],
  [1, '1 bit/s'],
  [0.25, '0.25 bit/s'],
  [0.0664, '0.07 bit/s'],
  [0.004, '< 0.01 bit/s'],
  [12.345, '12.3 bit/s'],
  [999, '999 bit/s'],
  [999.7, '1.00 kbit/s'],
  [1234, '1.23 kbit/s'],
  [12_345, '12.3 kbit/s'],
  [123_456, '123 kbit/s'],
  [999_600, '1.00 Mbit/s'],
  [1e9, '1.00 Gbit/s'],
  [-2.5e6, '-2.50 Mbit/s'],
  [1e24, '1000 Zbit/s'],
])('%d bits per second are %s', (value, text) => {
  expect(formatAmount(value, 'bit/s')).toBe(text)
})

test('an amount without unit has no space at its end', () => {
  expect(formatAmount(7)).toBe('7')
  expect(formatAmount(7100)).toBe('7.10 k')
})

test('whole numbers have their thousands apart', () => {
  expect(formatWhole(1_234_567)).toBe('1,234,567')
})

test.each([
  [0, '0 %'],
  [0.0004, '< 0.1 %'],
  [0.1234, '12.3 %'],
  [1, '100 %'],
])('a share of %d is %s', (share, text) => {
  expect(formatShare(share)).toBe(text)
})

test.each([
  [0, '0 s'],
  [59_000, '59 s'],
  [60_000, '1 min'],
  [59 * 60_000, '59 min'],
  [60 * 60_000, '1 h'],
  [90 * 60_000, '1 h 30 min'],
  [24 * 3_600_000, '1 d'],
  [36 * 3_600_000, '1.5 d'],
])('%d ms are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test.each([
  ['', null],
  ['  ', null],
  ['5000', 5000],
  ['1.1G', 1_100_000_000],
  ['10 M', 10_000_000],
  ['3k', 3000],
  ['-1', '-1'],
  ['ten', 'ten'],
  ['1e9', '1e9'],
  ['1.5', 1.5],
])('a limit typed as %j is sent as %j', (text, sent) => {
  expect(readAmount(text)).toBe(sent)
})
