// The API's token, where it asks for one: kept in this browser until the user signs out.

import { useEffect, useState } from 'preact/hooks'

const key = 'netmon.token'
const listeners = new Set<() => void>()
let isAskedFor = false

export function readToken(): string | undefined {
  return localStorage.getItem(key) ?? undefined
}

/** What waits for a token asks again; undefined forgets it. */
export function keepToken(token: string | undefined): void {
  if (token === undefined) localStorage.removeItem(key)
  else localStorage.setItem(key, token)
  isAskedFor = false
  tell()
}

/** The API has refused what it was sent. */
export function askForToken(): void {
  if (isAskedFor) return
  isAskedFor = true
  tell()
}

export function useToken(): { token: string | undefined; isAskedFor: boolean } {
  const [state, setState] = useState({ token: readToken(), isAskedFor })
  useEffect(() => {
    const update = () => setState({ token: readToken(), isAskedFor })
    listeners.add(update)
    return () => {
      listeners.delete(update)
    }
  }, [])
  return state
}

function tell(): void {
  for (const listener of listeners) listener()
}
