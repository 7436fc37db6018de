// Where the console is: the address bar, and nothing else. Every page can be reloaded, kept as a bookmark, and left with the back button.

import { useEffect, useState } from 'preact/hooks'

export interface Location {
  /** Without the origin: `/`, or below /console/. */
  path: string
  query: URLSearchParams
}

const listeners = new Set<() => void>()

export function readLocation(): Location {
  const { pathname, search } = window.location
  const path = pathname.length > 1 ? pathname.replace(/\/+$/, '') : pathname
  return { path, query: new URLSearchParams(search) }
}

/** `replace`: the place that is left is none that the back button should find. */
export function navigate(href: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', href)
  else history.replaceState(null, '', href)
  for (const listener of listeners) listener()
}

export function useLocation(): Location {
  const [location, setLocation] = useState(readLocation)
  useEffect(() => {
    const update = () => setLocation(readLocation())
    listeners.add(update)
    window.addEventListener('popstate', update)
    return () => {
      listeners.delete(update)
      window.removeEventListener('popstate', update)
    }
  }, [])
  return location
}

/** Plain links stay plain links: a click on one that leads to a page of the console does not load it anew. */
export function followLinks(): void {
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (link === null || link.target !== '' || link.hasAttribute('download')) return
    const url = new URL(link.href)
    if (url.origin !== window.location.origin || !isPage(url.pathname)) return
    if (url.hash !== '' && url.pathname === window.location.pathname) return
    event.preventDefault()
    navigate(`${url.pathname}${url.search}`)
    window.scrollTo(0, 0)
  })
}

function isPage(path: string): boolean {
  return path === '/' || path === '/console' || path.startsWith('/console/')
}
