import { chooseTheme, useTheme } from '../theme.ts'
import { keepToken, useToken } from '../token.ts'

const pages = [
  ['/', 'Home'],
  ['/console/explore', 'Explore'],
  ['/console/flows', 'Flows'],
  ['/console/routers', 'Routers'],
  ['/console/rules', 'Rules'],
  ['/console/alerts', 'Alerts'],
  ['/console/silences', 'Silences'],
  ['/console/channels', 'Channels'],
  ['/console/status', 'Status'],
] as const

export function Header({ path }: { path: string }) {
  const { token } = useToken()
  return (
    <header class="top">
      <a class="brand" href="/">
        <Mark />
        <span>Network Monitoring</span>
      </a>
      <nav aria-label="Pages">
        {pages.map(([href, name]) => (
          <a key={href} href={href} aria-current={isWithin(path, href) ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <div class="tools">
        {token !== undefined && (
          <button type="button" class="quiet" onClick={() => keepToken(undefined)}>
            Sign out
          </button>
        )}
        <ThemeSwitch />
      </div>
    </header>
  )
}

function isWithin(path: string, href: string): boolean {
  if (href === '/') return path === '/' || path === '/console'
  return path === href || path.startsWith(`${href}/`)
}

function ThemeSwitch() {
  const other = useTheme() === 'dark' ? 'light' : 'dark'
  return (
    <button
      type="button"
      class="quiet icon"
      aria-label={`Switch to ${other}`}
      title={`Switch to ${other}`}
      onClick={() => chooseTheme(other)}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.5" />
        <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
      </svg>
    </button>
  )
}

/** As icon.svg. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path class="mark-low" d="M2 27c6 0 7-8 13-8s6 5 15-2v10z" />
      <path class="mark-high" d="M2 21c6 0 7-10 13-10s7 6 15-3v7c-8 8-9 3-15 3s-7 9-13 9z" />
    </svg>
  )
}
