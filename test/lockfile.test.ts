// `npm install` on a fresh clone must leave it clean: npm rewrites a lockfile whose root differs from package.json.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'))

test.each(['dependencies', 'devDependencies', 'optionalDependencies'])(
  'the lockfile asks for the %s of package.json, and no others',
  (kind) => {
    expect(read('package-lock.json').packages[''][kind]).toEqual(read('package.json')[kind])
  },
)
