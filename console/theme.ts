// Light or dark: what the system says, until the user says otherwise.

import { useEffect, useState } from 'preact/hooks'

export type Theme = 'light' | 'dark'

const key = 'netmon.theme'
const dark = window.matchMedia('(prefers-color-scheme: dark)')
const listeners = new Set<(theme: Theme) => void>()

export function readTheme(): Theme {
  const kept = localStorage.getItem(key)
  if (kept === 'light' || kept === 'dark') return kept
  return dark.matches ? 'dark' : 'light'
}

/** Marks the document, now and when the system changes. */
export function followTheme(): void {
  const apply = () => {
    const theme = readTheme()
    document.documentElement.dataset['theme'] = theme
    for (const listener of listeners) listener(theme)
  }
  dark.addEventListener('change', apply)
  apply()
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(key, theme)
  document.documentElement.dataset['theme'] = theme
  for (const listener of listeners) listener(theme)
}

export function useTheme(): Theme {
  const [theme, setTheme] = useState(readTheme)
  useEffect(() => {
    listeners.add(setTheme)
    return () => {
      listeners.delete(setTheme)
    }
  }, [])
  return theme
}
