import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

const url = (file: string) => new URL(`../../${file}`, import.meta.url).href

/** What a process of its own has when two million objects have come, most have gone, and another thread has begun in the middle of it. */
function newSpaceOf(bounded: boolean): number {
  const script = `
    import { once } from 'node:events'
    import { setImmediate } from 'node:timers/promises'
    import { Worker } from 'node:worker_threads'
    const { boundNewSpace, newSpaceBytes } = await import(${JSON.stringify(url('runtime/new-space.ts'))})
    if (${bounded}) boundNewSpace()
    let kept = []
    for (let i = 0; i < 100; i++) {
      for (let j = 0; j < 20_000; j++) kept.push({ j, list: [j] })
      if (i % 2 === 1) kept = []
      if (i === 50) await once(new Worker('', { eval: true }), 'exit')
      await setImmediate()
    }
    console.log(newSpaceBytes())`
  const args = ['--import', url('test/build/typescript.js'), '--input-type=module', '-e', script]
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

test('the space for new objects grows no further than 16 MiB, and without the bound further', () => {
  expect(newSpaceOf(true)).toBeLessThanOrEqual(16 * 1024 * 1024)
  expect(newSpaceOf(false)).toBeGreaterThan(16 * 1024 * 1024)
})
