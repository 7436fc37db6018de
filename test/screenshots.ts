// `npm run screenshots`: a demo, a browser, and the pictures of the README.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packageRoot } from '../runtime/package-root.ts'
import { openPage, startBrowser } from './build/browser.ts'
import { freePorts, interrupt, runNetmon } from './build/program.ts'

const rule = 'web servers over 1 Gbit/s'
const explore = '/console/explore?v=1&range=24h&by=port'

interface Picture {
  name: string
  path: string
  /** A link to follow from there. */
  follow?: string
  /** A text that must be there before. */
  shows: string | RegExp
  colorScheme?: 'light' | 'dark'
  width?: number
}

const pictures: readonly Picture[] = [
  { name: 'explore', path: explore, shows: 'https' },
  { name: 'explore-dark', path: explore, shows: 'https', colorScheme: 'dark' },
  { name: 'explore-phone', path: explore, shows: 'https', width: 390 },
  {
    name: 'sankey',
    path: '/console/explore?v=1&range=24h&by=src_as,dst_as&graph=sankey',
    shows: 'Own Network',
  },
  { name: 'flows', path: '/console/flows', shows: 'UDP' },
  { name: 'routers', path: '/console/routers', shows: 'active' },
  { name: 'rules', path: '/console/rules', shows: rule },
  { name: 'rule', path: '/console/rules', follow: rule, shows: /would have been crossed/ },
  { name: 'alerts', path: '/console/alerts?state=all', shows: rule },
  {
    name: 'alert',
    path: '/console/alerts?state=all',
    follow: rule,
    shows: 'Suggested mitigation',
  },
  { name: 'silences', path: '/console/silences', shows: 'Add a silence' },
  { name: 'channels', path: '/console/channels', shows: 'Deliveries' },
  { name: 'status', path: '/console/status', shows: 'ClickHouse' },
  // The last one: some seconds after the start it tells rates.
  { name: 'home', path: '/', shows: /^[1-9].* flows.s$/ },
]

const directory = await mkdtemp(path.join(tmpdir(), 'netmon-demo-'))
const demo = runNetmon(['up', '--demo', '--data', path.join(directory, 'demo')], freePorts)
const browser = await startBrowser()
try {
  const [, origin] = await demo.says(/Console and API +(http:\S+)/)
  for (const picture of pictures) {
    const { page, context } = await openPage(browser, origin!, {
      colorScheme: picture.colorScheme ?? 'light',
      viewport: { width: picture.width ?? 1280, height: 860 },
      bypassCSP: true,
    })
    await page.goto(picture.path)
    if (picture.follow !== undefined) {
      await page.getByRole('link', { name: picture.follow }).first().click()
    }
    await page.locator('h1').waitFor()
    await page.getByText(picture.shows).filter({ visible: true }).first().waitFor()
    await page.waitForFunction(
      '!document.querySelector(".waiting, .chart:not([data-state=ready])")',
    )
    const file = path.join(packageRoot, 'docs', 'images', `${picture.name}.png`)
    await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' })
    await context.close()
    process.stdout.write(`${path.relative(packageRoot, file)}\n`)
  }
} finally {
  await browser.close()
  interrupt(demo)
  await demo.ended
  await rm(directory, { recursive: true, force: true })
}
