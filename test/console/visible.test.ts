import { expect, test } from 'vitest'
import { visible } from '../../console/visible.ts'

test('what steers the writing, or has no width, is shown as its number', () => {
  expect(visible('a\u202egnp.exe')).toBe('a\\u{202e}gnp.exe')
  expect(visible('two\nlines\u0000')).toBe('two\\u{000a}lines\\u{0000}')
  expect(visible('edge\u200b-1\ufeff')).toBe('edge\\u{200b}-1\\u{feff}')
})

test('writing of any language stays as it is', () => {
  for (const text of ['Zürich', 'שלום', '東京', '👩‍🚀'.replace('\u200d', ''), 'a < b & c']) {
    expect(visible(text)).toBe(text)
  }
})
