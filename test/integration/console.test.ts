// The console in a real browser, on a running demo whose API asks for a token.

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { readConsole } from '../../api/console.ts'
import { generate } from '../../netmon/generate/run.ts'
import { openPage, startBrowser, type Watched } from '../build/browser.ts'
import { freePorts, interrupt, type Running, runNetmon } from '../build/program.ts'
import { temporaryDirectory } from '../build/temporary.ts'

const token = 'a-token-of-the-console-test'
const hostile = '<img src=x onerror=alert(1)> \u202egnp.exe \u200b"\'&'
const shownHostile = '<img src=x onerror=alert(1)> \\u{202e}gnp.exe \\u{200b}"\'&'

let running: Running
let browser: Browser
let watched: Watched
let origin: string
let sent: ReturnType<typeof send>

beforeAll(async () => {
  running = runNetmon(['up', '--demo', '--data', `${temporaryDirectory()}/demo`], {
    ...freePorts,
    NETMON_API_TOKEN: token,
  })
  browser = await startBrowser()
  const [, port] = await running.says(/Point routers at +UDP (\d+)/)
  const [, url] = await running.says(/Console and API +(http:\S+)/)
  origin = url!
  // Asked for later: it is told of once the collector has told that all of it is stored.
  sent = send(Number(port))
  watched = await openPage(browser, origin, { acceptDownloads: true })
  watched.page.setDefaultTimeout(55_000)
}, 120_000)

afterAll(async () => {
  await browser?.close()
  // To its end: it writes into its directory until then.
  if (running !== undefined) interrupt(running)
  await running?.ended
}, 60_000)

// Whatever a test is about: nothing complains, and no request leaves the origin.
afterEach(() => expect(watched.complaints).toEqual([]))

/** Two routers of their own, beside those that are played. */
async function send(udpPort: number) {
  const fromMs = Math.floor(Date.now() / 60_000) * 60_000 - 60_000
  const summary = await generate({
    target: { host: '127.0.0.1', port: udpPort },
    source: '127.30.0.1',
    routers: 2,
    protocols: ['v9', 'ipfix'],
    flows: 2000,
    rate: 2000,
    samplingRate: 10,
    announce: 1,
  })
  return { fromMs, summary }
}

async function ask(path: string, method = 'GET', body?: unknown) {
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return (await response.json()) as { result: { total: { total: number } } }
}

test('all of it is under 120 kB as it is sent', () => {
  const sizes = [...readConsole()!.values()].map(({ gzipped }) => gzipped.length)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(120_000)
})

test('it asks for the token that the API asks for, and says when it is wrong', async () => {
  const { page, complaints } = watched
  await page.goto('/')
  const dialog = page.getByRole('dialog')
  await dialog.getByText('This API asks for its token').waitFor()
  await dialog.getByLabel('Token').fill('wrong')
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await dialog.getByText('does not accept').waitFor()
  await dialog.getByLabel('Token').fill(token)
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Your network' }).waitFor()
  // Refusals are shown by the browser as errors; those are what was asked for.
  expect(complaints.splice(0).every((text) => text.includes('401'))).toBe(true)
})

test('home tells of the played network, and that it is played', async () => {
  const { page } = watched
  await page.getByText('nothing of it is real').waitFor()
  await page.locator('.chart[data-state=ready]').first().waitFor()
  await page.getByRole('link', { name: 'ams-edge-1' }).waitFor()
  await page.getByText('Flows decoded').waitFor()
  await page.getByRole('link', { name: 'web servers over 1 Gbit/s' }).first().waitFor()
})

test('the alert of the played attack is there, with its evidence, and can be acknowledged', async () => {
  const { page } = watched
  await page.getByRole('link', { name: 'Alerts', exact: true }).click()
  await page.getByRole('link', { name: 'web servers over 1 Gbit/s' }).first().click()
  await page.getByRole('heading', { name: 'Timeline' }).waitFor()
  await page.getByRole('heading', { name: 'Evidence' }).waitFor()
  await page.getByText('203.0.113.80').first().waitFor()
  await page.getByLabel('Comment, optional').fill(hostile)
  await page.getByRole('button', { name: 'Acknowledge' }).click()
  await page.getByText(shownHostile).first().waitFor()
})

test('a router is entered by hand; what the API finds wrong stands at the fields', async () => {
  const { page, complaints } = watched
  await page.goto('/console/routers')
  await page.getByRole('link', { name: 'Add a router' }).click()
  await page.getByLabel('Address').fill('192.0.2.300')
  await page.getByRole('button', { name: 'Add router' }).click()
  const address = page.getByLabel('Address')
  await page.getByText('router_ip must be an IPv4 or IPv6 address').waitFor()
  expect(await address.getAttribute('aria-invalid')).toBe('true')
  expect(complaints.splice(0).every((text) => text.includes('422'))).toBe(true)
  await page.getByLabel('Name').fill(hostile.replaceAll(/[\u202e\u200b]/g, ''))
  await address.fill('192.0.2.30')
  await page.getByLabel('Default sampling').fill('2k')
  await page.getByRole('button', { name: 'Add router' }).click()
  const row = page.getByRole('row').filter({ hasText: '192.0.2.30' })
  await row.getByText('<img src=x onerror=alert(1)>').waitFor()
  expect(await row.textContent()).toContain('1 in 2000')
  expect(await page.locator('img').count()).toBe(0)
})

test('a rule is entered, tried on the last day, changed and deleted', async () => {
  const { page } = watched
  await page.goto('/console/rules/new')
  await page.getByLabel('Name').fill('by hand')
  await page.getByLabel('Prefixes').fill('203.0.113.0/24')
  await page.getByLabel('Bandwidth').fill('1G')
  await page.getByRole('button', { name: 'Preview' }).click()
  await page.getByText('It would have been crossed').waitFor()
  await page.getByRole('button', { name: 'Add rule' }).click()
  await page.getByRole('link', { name: 'by hand' }).click()
  await page.locator('.chart[data-state=ready]').waitFor()
  await page.getByRole('button', { name: 'Use it for Bandwidth' }).click()
  await page.getByLabel('Duration').fill('3')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('row').filter({ hasText: 'by hand' }).getByText('for 3 min').waitFor()
  await page.getByRole('link', { name: 'by hand' }).click()
  await page.getByRole('button', { name: 'Delete' }).first().click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('by hand is deleted').waitFor()
})

test('floors of a DDoS rule are entered by vector', async () => {
  const { page, complaints } = watched
  await page.goto('/console/rules/new')
  await page.getByLabel('Name').fill('by vector')
  await page.getByLabel('Type').selectOption('advanced_ddos')
  await page.getByLabel('Prefixes', { exact: true }).fill('203.0.113.0/24')
  await page.getByText('Kinds of packets, and their floors').click()
  const floor = page.getByLabel('Bandwidth of udp_ntp')
  expect(await floor.getAttribute('placeholder')).toBe('100 M')
  await floor.fill('much')
  await page.getByRole('button', { name: 'Add rule' }).click()
  await page.getByText('udp_ntp: bandwidth_floor must be').waitFor()
  expect(complaints.splice(0).every((text) => text.includes('422'))).toBe(true)
  await floor.fill('50M')
  await page.getByLabel('Watch tcp_ack').uncheck()
  await page.getByRole('button', { name: 'Add rule' }).click()
  await page.getByRole('link', { name: 'by vector' }).click()
  expect(await floor.inputValue()).toBe('50000000')
  expect(await page.getByLabel('Watch tcp_ack').isChecked()).toBe(false)
})

test("explore's totals are what the generator says it sent, also in the file and after a reload", async () => {
  const { page } = watched
  const { fromMs, summary } = await sent
  const bytes = summary.totals.bytes * 10
  const time = (ms: number) => new Date(ms).toISOString()
  const question = new URLSearchParams({
    from: time(fromMs),
    to: time(fromMs + 600_000),
    by: 'exporter',
    filter: 'exporter << 127.30.0.0/24',
  })
  await expect
    .poll(async () => (await ask(`/traffic/timeseries?${question}`)).result.total.total, {
      timeout: 50_000,
      interval: 500,
    })
    .toBe(bytes)
  await page.goto(`/console/explore?v=1&${question}`)
  const total = page.locator('tfoot td').nth(5)
  await total.waitFor()
  expect(await total.getAttribute('title')).toBe(
    `${new Intl.NumberFormat('en-GB').format(bytes)} B`,
  )

  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'CSV' }).click()
  const file = await (await downloading).path()
  const [head = '', ...lines] = (await readFile(file, 'utf8')).trim().split(/\r?\n/)
  expect(head).toBe('time,row,exporter,bits_per_second')
  const steps = lines.map((line) => line.split(',')).filter(([, row]) => row === 'total')
  const [first, second] = steps.map(([start = '']) => Date.parse(start) / 1000)
  const rates = steps.reduce((sum, step) => sum + Number(step.at(-1)), 0)
  // Rates are rounded to a thousandth, step by step.
  expect(Math.round((rates * (second! - first!)) / 8)).toBe(bytes)

  const other = page.getByRole('button', { name: 'Only 127.30.0.2' })
  // A click on a row narrows it to that exporter; back widens it again, forward and a reload keep it.
  await page.getByRole('button', { name: 'Only 127.30.0.1' }).click()
  await page.waitForURL(/127\.30\.0\.1\b(?!.*0%2F24$)/)
  await other.waitFor({ state: 'detached' })
  await page.goBack()
  await other.waitFor()
  await page.goForward()
  await other.waitFor({ state: 'detached' })
  await page.reload()
  await page.getByRole('button', { name: 'Only 127.30.0.1' }).waitFor()
  expect(await page.getByLabel('Filter').inputValue()).toContain('exporter = 127.30.0.1')
})

test('a channel is entered, tested and shown with what came of it', async () => {
  const { page, complaints } = watched
  await page.goto('/console/channels/new')
  await page.getByLabel('Name').fill('by hand')
  await page.getByLabel('Address').fill('not an address')
  await page.getByRole('button', { name: 'Add channel' }).click()
  await page.getByText('url must be an address such as').waitFor()
  expect(await page.getByLabel('Address').getAttribute('aria-invalid')).toBe('true')
  expect(complaints.splice(0).every((text) => text.includes('422'))).toBe(true)
  // Private: the API does not go there, and says so.
  await page.getByLabel('Address').fill('https://127.0.0.1:9/hook')
  await page.getByLabel('Secret').fill('known to nobody')
  await page.getByRole('button', { name: 'Add channel' }).click()
  const row = page.getByRole('row').filter({ hasText: 'by hand' }).first()
  await row.getByRole('button', { name: 'Test' }).click()
  await row.getByText('not taken').waitFor()
  await page.getByRole('row').filter({ hasText: 'given up' }).first().waitFor()
  await page.getByRole('link', { name: 'by hand' }).click()
  expect(await page.getByLabel('Secret').inputValue()).toBe('********')
  await page.getByRole('button', { name: 'Delete' }).first().click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('by hand is deleted').waitFor()
})

test('a silence is begun and ended', async () => {
  const { page } = watched
  await page.goto('/console/silences')
  await page.getByLabel('Inside prefix').fill('198.51.100.0/24')
  await page.getByLabel('Reason').fill('load test')
  await page.getByRole('button', { name: 'Add silence' }).click()
  const row = page.getByRole('row').filter({ hasText: 'inside 198.51.100.0/24' })
  await row.getByText('load test').waitFor()
  await row.getByRole('button', { name: 'End' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'End' }).click()
  await row.waitFor({ state: 'detached' })
})

test('a router that somebody else has changed meanwhile can be read again', async () => {
  const { page, complaints } = watched
  await page.goto('/console/routers')
  await page.getByRole('link', { name: 'office' }).click()
  await page.getByLabel('Name').fill('mine')
  const { pathname } = new URL(page.url())
  await ask(pathname.replace('/console', ''), 'PATCH', { name: 'theirs' })
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Load it as it is now' }).click()
  await page.getByRole('heading', { name: 'theirs' }).waitFor()
  expect(await page.getByLabel('Name').inputValue()).toBe('theirs')
  expect(complaints.splice(0).every((text) => text.includes('412'))).toBe(true)
})

test('a wrong filter says where, and completion offers what can come next', async () => {
  const { page } = watched
  await page.goto('/console/explore?v=1&range=15m&by=port')
  const filter = page.getByLabel('Filter')
  await filter.fill('src_as = x')
  await filter.press('Enter')
  await page.locator('.filter mark').waitFor()
  await filter.fill('prot')
  await page.locator('.combo [role=option]').first().waitFor()
  await filter.press('ArrowDown')
  await filter.press('Enter')
  expect(await filter.inputValue()).toBe('proto ')
  await filter.fill('')
  await filter.press('Escape')
})

const pages = [
  '/',
  '/console/explore?v=1&range=1h&by=port&bidirectional=true',
  '/console/explore?v=1&range=1h&by=src_as,dst_as&graph=sankey',
  '/console/flows',
  '/console/routers',
  '/console/routers/new',
  '/console/rules',
  '/console/rules/new',
  '/console/alerts?state=all',
  '/console/silences',
  '/console/channels',
  '/console/channels/new',
  '/console/status',
  '/console/nothing',
]

const axe = createRequire(import.meta.url).resolve('axe-core')

interface Violation {
  id: string
  impact: string
  nodes: { html: string }[]
}

/** Scripts of a test are not the console's: the policy, which all other tests are held to, would keep them out. */
async function openBare(options: Parameters<typeof openPage>[2]): Promise<Watched> {
  const bare = await openPage(browser, origin, { bypassCSP: true, ...options })
  await bare.page.addInitScript(`localStorage.setItem('netmon.token', '${token}')`)
  return bare
}

async function show({ page }: Watched, path: string): Promise<void> {
  await page.goto(path)
  await page.locator('h1').waitFor()
  await page.waitForFunction('!document.querySelector(".waiting")')
}

// Dark has other colours and nothing else: pages that have all of them, and the one rule about them.
const onlyColors = "runOnly: ['color-contrast']"
const darkPages = ['/', '/console/rules/new', '/console/alerts?state=all', '/console/channels']

test.each(['light', 'dark'] as const)(
  'no page has a serious finding of axe in %s',
  async (colorScheme) => {
    const bare = await openBare({ colorScheme })
    const source = await readFile(axe, 'utf8')
    for (const path of colorScheme === 'light' ? pages : darkPages) {
      await show(bare, path)
      await bare.page.evaluate(source)
      const { violations } = (await bare.page.evaluate(
        `axe.run({ resultTypes: ['violations'], ${colorScheme === 'light' ? '' : onlyColors} })`,
      )) as { violations: Violation[] }
      const serious = violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
      expect.soft([path, serious]).toEqual([path, []])
    }
    expect(bare.complaints).toEqual([])
    await bare.context.close()
  },
)

test('every page fits a phone', async () => {
  const phone = await openBare({ viewport: { width: 390, height: 800 } })
  for (const path of pages) {
    await show(phone, path)
    const width = await phone.page.evaluate('document.documentElement.scrollWidth')
    expect.soft([path, width]).toEqual([path, 390])
  }
  await phone.context.close()
})

test('names of other people are shown as text, however long', async () => {
  const { page } = watched
  const long = `${'a-name-without-end-'.repeat(13)}x`
  const other = { type: 'threshold', prefixes: ['203.0.113.0/24'], bandwidth_threshold: 1e12 }
  await ask('/rules', 'POST', { ...other, name: hostile.slice(0, 28) })
  await ask('/rules', 'POST', { ...other, name: long })
  await page.goto('/console/rules')
  await page.getByText(hostile.slice(0, 28)).waitFor()
  await page.getByText(long).waitFor()
  expect(await page.locator('img').count()).toBe(0)
})
