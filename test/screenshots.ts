// `npm run screenshots`: a demo, a browser, and the pictures of the README.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packageRoot } from '../runtime/package-root.ts'
import { openPage, startBrowser } from './build/browser.ts'
import { freePorts, interrupt, runNetmon } from './build/program.ts'

const rule = 'web servers over 1 Gbit/s'

/** Of each: where it is, which link to follow from there, and a text that it must show. */
const pictures = [
  {
    name: 'explore',
    path: '/console/explore?v=1&range=24h&by=port',
    shows: 'https',
    colorScheme: 'dark',
  },
  {
    name: 'alert',
    path: '/console/alerts?state=all',
    follow: rule,
    shows: 'Suggested mitigation',
    colorScheme: 'light',
  },
  {
    name: 'rules',
    path: '/console/rules',
    follow: rule,
    shows: 'The last 24 hours',
    colorScheme: 'light',
  },
  // The last one: some seconds after the start it tells rates.
  { name: 'home', path: '/', shows: /^[1-9].* flows.s$/, colorScheme: 'light' },
] as const

const directory = await mkdtemp(path.join(tmpdir(), 'netmon-demo-'))
const demo = runNetmon(['up', '--demo', '--data', path.join(directory, 'demo')], freePorts)
const browser = await startBrowser()
try {
  const [, origin] = await demo.says(/Console and API +(http:\S+)/)
  for (const picture of pictures) {
    const { page, context } = await openPage(browser, origin!, {
      colorScheme: picture.colorScheme,
      viewport: { width: 1280, height: 860 },
      bypassCSP: true,
    })
    await page.goto(picture.path)
    if ('follow' in picture) await page.getByRole('link', { name: picture.follow }).first().click()
    await page.locator('h1').waitFor()
    await page.getByText(picture.shows).first().waitFor()
    await page.waitForFunction(
      '!document.querySelector(".waiting, .chart:not([data-state=ready])")',
    )
    const file = path.join(packageRoot, 'docs', 'images', `${picture.name}.png`)
    await page.screenshot({ path: file })
    await context.close()
    process.stdout.write(`${path.relative(packageRoot, file)}\n`)
  }
} finally {
  await browser.close()
  interrupt(demo)
  await demo.ended
  await rm(directory, { recursive: true, force: true })
}
