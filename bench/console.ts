// npm run bench:console: from a click on a range to the drawn graph, in a browser, on a whole `netmon up` with a month of traffic (bench/month.ts). Chromium comes from npm and renders in
// software, on the same cores as store and API.

import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { openPage, startBrowser } from '../test/build/browser.ts'
import { freePorts, interrupt, pidOfPart, runNetmon } from '../test/build/program.ts'
import { prepareMonth } from './month.ts'
import { processorSeconds } from './processor.ts'
import { describeMachine, writeResult } from './report.ts'

const { values } = parseArgs({
  options: {
    /** Of a day. */
    flows: { type: 'string', default: '10000000' },
    /** Each starts the program anew, so that its caches are cold. */
    rounds: { type: 'string', default: '3' },
    /** Clicks on each range that follow the first one. */
    clicks: { type: 'string', default: '4' },
    /** A directory that the store is kept in, for the next time. */
    store: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
})
const machineWas = values.quiet ? 'used by nothing else' : 'shared with other work'

const dimensions = [
  ['protocol', 'proto'],
  ['source AS', 'src_as'],
  ['service port', 'port'],
  ['exporter', 'exporter'],
  ['interface', 'exporter,in_if'],
  ['host', 'host'],
] as const
/** Names of the buttons. */
const ranges = ['24 h', '30 d'] as const
/** What is shown in between; the first graph of a page is not measured, since the page comes with it. */
const other = '15 min'

interface Click {
  /** From the click to the frame that has the graph. */
  drawnMs: number
  /** Of that, the API's answer, from the request to its last byte. */
  answeredMs: number
}

/** In the page: notes when it was clicked. */
const noteClicks = `addEventListener('click', () => {
  window.clickedMs = performance.now()
  performance.clearResourceTimings()
}, true)`

/** In the page: waits for the next graph. The first frame after it is ready has it, the callback of the next one tells that it was made. */
const watch = `{
  const before = document.querySelector('.chart')
  window.drawn = new Promise((resolve) => {
    const look = () => {
      const chart = document.querySelector('.chart')
      if (chart === before || chart?.dataset.state !== 'ready') return requestAnimationFrame(look)
      requestAnimationFrame(() => {
        const [asked] = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/traffic/timeseries'))
        resolve({ drawnMs: performance.now() - window.clickedMs, answeredMs: asked.responseEnd - asked.startTime })
      })
    }
    look()
  })
}
undefined`

async function click(page: Page, range: string): Promise<Click> {
  await page.evaluate(watch)
  await page.getByRole('button', { name: range, exact: true }).click()
  return page.evaluate<Click>('window.drawn')
}

/** What begins with the program is over when its store has nothing to do for a second. */
async function untilIdle(dataDir: string): Promise<void> {
  const pid = pidOfPart(dataDir, 'store')
  for (let before = 0, idle = 0; idle < 4; ) {
    const now = processorSeconds(pid)
    idle = now - before < 0.03 ? idle + 1 : 0
    before = now
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN)
}

const month = await prepareMonth(Number(values.flows), values.store)
const first = new Map<string, Click[]>()
const following = new Map<string, Click[]>()
const keep = (clicks: Map<string, Click[]>, name: string, click: Click) =>
  clicks.set(name, [...(clicks.get(name) ?? []), click])
const browser = await startBrowser()
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    const program = runNetmon(['up', '--data', month.dataDir], freePorts)
    try {
      const [, origin = ''] = await program.says(/Console and API +(http:\S+)/)
      await untilIdle(month.dataDir)
      const { page, context } = await openPage(browser, origin, { bypassCSP: true })
      await page.addInitScript(noteClicks)
      for (const [name, by] of dimensions) {
        await page.goto(`/console/explore?v=1&range=1h&refresh=0&by=${by}`)
        await page.locator('.chart[data-state=ready]').waitFor()
        for (let clicks = 0; clicks <= Number(values.clicks); clicks++) {
          for (const range of ranges) {
            await click(page, other)
            const which = clicks === 0 ? first : following
            keep(which, `${range}, ${name}`, await click(page, range))
          }
        }
      }
      await context.close()
    } finally {
      if (program.process.exitCode === null) interrupt(program)
      await program.ended
    }
  }
} finally {
  await browser.close()
  month.remove()
}
const results = ranges.flatMap((range) =>
  dimensions.map(([name]) => {
    const cold = first.get(`${range}, ${name}`) ?? []
    const warm = following.get(`${range}, ${name}`) ?? []
    return {
      range,
      by: name,
      firstMs: median(cold.map(({ drawnMs }) => drawnMs)),
      followingMs: median(warm.map(({ drawnMs }) => drawnMs)),
      slowestMs: Math.round(Math.max(...[...cold, ...warm].map(({ drawnMs }) => drawnMs))),
      answeredFirstMs: median(cold.map(({ answeredMs }) => answeredMs)),
      answeredFollowingMs: median(warm.map(({ answeredMs }) => answeredMs)),
    }
  }),
)
for (const result of results) console.log(JSON.stringify(result))
const { flows, rounds, clicks } = values
writeResult('console', [{ machineWas, flows: Number(flows), rounds, clicks }, ...results])
console.log(describeMachine())
