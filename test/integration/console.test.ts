// The console in a real browser, on a running demo whose API asks for a token.

import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { readConsole } from '../../api/console.ts'
import { generate } from '../../netmon/generate/run.ts'
import { openPage, startBrowser, type Watched } from '../build/browser.ts'
import { freePorts, interrupt, type Running, runNetmon, storeClient } from '../build/program.ts'
import { temporaryDirectory } from '../build/temporary.ts'

const token = 'a-token-of-the-console-test'
const hostile = '<img src=x onerror=alert(1)> \u202egnp.exe \u200b"\'&'
const shownHostile = '<img src=x onerror=alert(1)> \\u{202e}gnp.exe \\u{200b}"\'&'

/** What names may be made of, without marks that the API refuses in them. */
const markup = hostile.replaceAll(/[\u202e\u200b]/g, '')
const long = `${'a-name-without-end-'.repeat(13)}x`

let running: Running
let dataDir: string
let browser: Browser
let watched: Watched
let origin: string
let sent: ReturnType<typeof send>

beforeAll(async () => {
  const directory = temporaryDirectory()
  dataDir = path.join(directory, 'demo')
  const asNames = path.join(directory, 'as-names.csv')
  writeFileSync(asNames, `64500,${hostile}\n64512,${long}\n`)
  running = runNetmon(['up', '--demo', '--data', dataDir], {
    ...freePorts,
    NETMON_API_TOKEN: token,
    NETMON_AS_NAMES: asNames,
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
  return (await response.json()) as { result: { id: string; total: { total: number } } }
}

async function list(path: string): Promise<{ id: string }[]> {
  return (await ask(path)).result as unknown as { id: string }[]
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

test('the traffic of a zscore alert is accepted as normal', async () => {
  const { page } = watched
  const [alert] = await list('/alerts?state=all')
  const id = 'a'.repeat(32)
  const doc = { ...alert, id, type: 'zscore', rule_name: 'unusual traffic' }
  const seconds = Math.floor(Date.now() / 1000)
  const times = { fired_at: seconds - 60, updated_at: seconds }
  const row = { id, version: 1, state: 'firing', rule_id: 'r', prefixes: [], ...times }
  const store = storeClient(dataDir)
  const values = [{ ...row, doc: JSON.stringify(doc) }]
  await store.insert({ table: 'alerts', values, format: 'JSONEachRow' })
  await store.close()
  await page.goto(`/console/alerts/${id}`)
  await page.getByLabel('Is this the new normal?').fill('a new backup')
  await page.getByRole('button', { name: 'Accept as normal' }).click()
  await page.getByText(/accepted as normal by \w+: a new backup/).waitFor()
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
  await page.getByLabel('Name').fill(markup)
  await address.fill('192.0.2.30')
  await page.getByLabel('Default sampling').fill('2k')
  await page.getByLabel('Role', { exact: true }).selectOption('core')
  await page.getByRole('button', { name: 'Add router' }).click()
  const row = page.getByRole('row').filter({ hasText: '192.0.2.30' })
  await row.getByText('<img src=x onerror=alert(1)>').waitFor()
  expect(await row.textContent()).toContain('1 in 2000')
  await row.getByRole('cell', { name: 'core', exact: true }).waitFor()
  expect(await page.locator('img').count()).toBe(0)
})

test('a rule is entered, tried on the last day, changed and deleted', async () => {
  const { page, complaints } = watched
  await page.goto('/console/rules/new')
  await page.getByLabel('Name').fill('by hand')
  await page.getByLabel('Prefixes').fill('203.0.113.0/24')
  await page.getByLabel('Bandwidth').fill('1G')
  await page.getByRole('button', { name: 'Preview' }).click()
  await page.getByText('It would have been crossed').waitFor()
  await page.getByText('Severity and notifications').click()
  const [least, high] = [page.getByLabel('Severity at least'), page.getByLabel('High from')]
  await least.selectOption('high')
  await high.fill('half')
  await page.getByRole('button', { name: 'Add rule' }).click()
  await page.getByText('severity.high must be a number from 1 to 1000').waitFor()
  expect(complaints.splice(0).every((text) => text.includes('422'))).toBe(true)
  await high.fill('1.5')
  await page.getByRole('button', { name: 'Add rule' }).click()
  await page.getByRole('link', { name: 'by hand' }).click()
  await page.locator('.chart[data-state=ready]').waitFor()
  expect([await least.inputValue(), await high.inputValue()]).toEqual(['high', '1.5'])
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

const axe = createRequire(import.meta.url).resolve('axe-core')

interface Violation {
  id: string
  impact: string
  nodes: { html: string }[]
}

/** Text of the wire, of files and of people, in every field that takes some. Answers addresses of what was made. */
async function fillFields(): Promise<string[]> {
  const store = storeClient(dataDir)
  const time = new Date().toISOString().replace('T', ' ').replace('Z', '')
  const names = [hostile, long].map((name, index) => ({
    time,
    kind: 'interface',
    exporter: `::ffff:127.20.0.${index + 1}`,
    observation_domain_id: 1,
    id: '10',
    name,
    description: hostile,
  }))
  await store.insert({ table: 'metadata', values: names, format: 'JSONEachRow' })
  await store.close()

  const rule = { type: 'threshold', prefixes: ['203.0.113.0/24'], bandwidth_threshold: 1e12 }
  const webhook = { type: 'webhook', url: 'https://192.0.2.1/hook', enabled: false }
  const end = new Date(Date.now() + 3_600_000).toISOString()
  const made: string[] = []
  for (const name of [markup, long]) {
    const { result } = await ask('/rules', 'POST', { ...rule, name })
    await ask('/channels', 'POST', { ...webhook, name })
    const silence = { rule_id: result.id, ends_at: end, reason: hostile, author: long }
    await ask('/silences', 'POST', silence)
    made.push(`/console/rules/${result.id}`)
  }
  await ask('/routers', 'POST', { name: long, router_ip: '192.0.2.31', default_sampling: 1 })
  const [router] = await list('/routers')
  const [channel] = await list('/channels')
  const [alert] = await list('/alerts?state=all')
  await ask(`/alerts/${alert!.id}/comment`, 'POST', { text: `${hostile} ${long}` })
  await ask(`/alerts/${alert!.id}/classify`, 'POST', { class: 'verified', comment: hostile })
  const state = encodeURIComponent(`src_as = ${hostile}`)
  return [
    ...made,
    `/console/routers/${router!.id}`,
    `/console/channels/${channel!.id}`,
    `/console/alerts/${alert!.id}`,
    `/console/explore?v=1&by=exporter,out_if&range=${state}&filter=${state}&graph=${state}`,
    `/console/flows?range=${state}&filter=${state}`,
    `/console/routers/new?address=${state}`,
    `/console/alerts?state=${state}`,
    `/console/${state}`,
  ]
}

const pages = [
  '/',
  '/console/explore?v=1&range=24h&by=exporter,out_if&bidirectional=true',
  '/console/explore?v=1&range=24h&by=src_as,dst_as&graph=sankey',
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

/** Where some of it must be seen, as text: so that what is tested is there. */
const shows: Readonly<Record<string, string>> = {
  '/': shownHostile,
  '/console/explore?v=1&range=24h&by=exporter,out_if&bidirectional=true': shownHostile,
  '/console/explore?v=1&range=24h&by=src_as,dst_as&graph=sankey': shownHostile,
  '/console/routers': markup,
  '/console/rules': markup,
  '/console/silences': shownHostile,
  '/console/channels': markup,
}

// Each page is opened once: wide and light with all rules of axe, dark with the one about colours, and as wide as a phone with those about room.
test('with hostile text in every field each page shows it as text, fits a phone and has no serious finding of axe', async () => {
  const opened = [...pages, ...(await fillFields())]
  // Scripts of a test are not the console's: the policy, which all other tests are held to, would keep them out.
  const { page, complaints, context } = await openPage(browser, origin, { bypassCSP: true })
  await page.addInitScript(`localStorage.setItem('netmon.token', '${token}')`)
  const source = await readFile(axe, 'utf8')
  const findings = async (options: string) => {
    const { violations } = (await page.evaluate(
      `axe.run({ resultTypes: ['violations'], ${options} })`,
    )) as { violations: Violation[] }
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
  }
  for (const address of opened) {
    await page.setViewportSize({ width: 1280, height: 860 })
    await page.emulateMedia({ colorScheme: 'light' })
    await page.goto(address)
    await page.locator('h1').waitFor()
    await page.waitForFunction('!document.querySelector(".waiting")')
    const shown = shows[address]
    if (shown !== undefined) await page.getByText(shown).first().waitFor({ state: 'attached' })
    await page.evaluate(source)
    const light = await findings('')
    await page.emulateMedia({ colorScheme: 'dark' })
    const dark = await findings("runOnly: ['color-contrast']")
    await page.setViewportSize({ width: 390, height: 800 })
    const phone = await findings("runOnly: ['target-size', 'scrollable-region-focusable']")
    // Charts follow a frame later.
    await page
      .waitForFunction('document.documentElement.scrollWidth <= 390', null, { timeout: 3_000 })
      .catch(() => {})
    const width = await page.evaluate('document.documentElement.scrollWidth')
    const made = await page.locator('img, [onerror], main script').count()
    expect
      .soft({ address, light, dark, phone, width, made })
      .toEqual({ address, light: [], dark: [], phone: [], width: 390, made: 0 })
  }
  // What the API refuses of what an address says is what the browser shows as errors.
  expect(complaints.filter((text) => !/status of 4\d\d/.test(text))).toEqual([])
  await context.close()
}, 120_000)

test('what the API says of a failure is text as well, and can be tried again', async () => {
  const { page, complaints } = watched
  const problems = [{ code: 1904, message: hostile, source: { pointer: '' } }]
  const body = JSON.stringify({ success: false, result: null, errors: problems, messages: [] })
  await page.route('**/rules', (route) =>
    route.request().resourceType() === 'document'
      ? route.continue()
      : route.fulfill({ status: 503, contentType: 'application/json', body }),
  )
  await page.goto('/console/rules')
  await page.getByRole('alert').getByText(shownHostile).waitFor()
  await page.unroute('**/rules')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText(markup).first().waitFor()
  expect(await page.locator('img').count()).toBe(0)
  expect(complaints.splice(0).every((text) => text.includes('503'))).toBe(true)
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

  const downloadingJson = page.waitForEvent('download')
  await page.getByRole('button', { name: 'JSON' }).click()
  const json = await (await downloadingJson).path()
  const { result } = JSON.parse(await readFile(json, 'utf8'))
  expect([result.unit, result.dimensions, result.total.total]).toEqual([
    'bits',
    ['exporter'],
    bytes,
  ])

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
