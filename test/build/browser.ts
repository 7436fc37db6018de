// Chromium from npm, for tests of the console: no other install is needed.

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

/** Of a browser in a container: no sandbox of its own, and a software renderer. */
const args = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--hide-scrollbars',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
]

export async function startBrowser(): Promise<Browser> {
  const { default: packed } = await import('@sparticuz/chromium')
  return chromium.launch({ executablePath: await packed.executablePath(), args, headless: true })
}

export interface Watched {
  context: BrowserContext
  page: Page
  /** Errors of the browser's console and of scripts, and requests that left the origin, so far. */
  complaints: string[]
}

/** A page whose every error is kept. The locale is set, since that of a container may be none that a browser knows. */
export async function openPage(
  browser: Browser,
  origin: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Watched> {
  const context = await browser.newContext({
    baseURL: origin,
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width: 1280, height: 860 },
    colorScheme: 'light',
    ...options,
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== origin && url.protocol !== 'blob:') complaints.push(`asked ${url.href}`)
  })
  return { context, page, complaints }
}
