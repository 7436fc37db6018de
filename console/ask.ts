// What a page asks the API, as it is now and as it changes.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { type Answer, RequestFailed, request } from './request.ts'
import { useToken } from './token.ts'

export interface Asked<T> {
  /** The newest answer; it stays while another is awaited, and after a failure. */
  answer: Answer<T> | undefined
  /** Why the newest question has no answer. */
  failure: RequestFailed | undefined
  isWaiting: boolean
  again(): void
}

/**
 * GET `path`, again when it changes and every `everyMs` while the page is looked at. Undefined asks nothing. `key` names the question: under another one no
 * old answer is shown, the path by default.
 */
export function useAsk<T>(
  path: string | undefined,
  { everyMs, key = path }: { everyMs?: number | undefined; key?: string | undefined } = {},
): Asked<T> {
  const [known, setKnown] = useState<{
    key: string | undefined
    answer?: Answer<T> | undefined
    failure?: RequestFailed | undefined
  }>({ key })
  const [isWaiting, setWaiting] = useState(path !== undefined)
  const [turn, setTurn] = useState(0)
  const { token } = useToken()
  const keyRef = useRef(key)
  keyRef.current = key

  // Another turn, or another token, is another try.
  useEffect(() => {
    if (path === undefined) {
      setWaiting(false)
      return
    }
    const abort = new AbortController()
    setWaiting(true)
    request<T>(path, { signal: abort.signal })
      .then(
        (answer) => setKnown({ key: keyRef.current, answer }),
        (error: unknown) => {
          if (abort.signal.aborted) return
          const failure = failureOf(error)
          setKnown((before) => ({
            key: keyRef.current,
            answer: before.key === keyRef.current ? before.answer : undefined,
            failure,
          }))
        },
      )
      .finally(() => {
        if (!abort.signal.aborted) setWaiting(false)
      })
    return () => abort.abort()
  }, [path, token, turn])

  const again = useCallback(() => setTurn((count) => count + 1), [])
  useEvery(everyMs, again)

  const isSame = known.key === key
  return {
    answer: isSame ? known.answer : undefined,
    failure: isSame ? known.failure : undefined,
    isWaiting,
    again,
  }
}

/** Not while the page is hidden; at once when it is seen again. */
export function useEvery(everyMs: number | undefined, act: () => void): void {
  useEffect(() => {
    if (everyMs === undefined) return
    const tick = () => {
      if (!document.hidden) act()
    }
    const timer = setInterval(tick, everyMs)
    document.addEventListener('visibilitychange', tick)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', tick)
    }
  }, [everyMs, act])
}

/** For what is told to people; all else is a mistake of ours, which the browser's console shows. */
export function failureOf(error: unknown): RequestFailed {
  if (error instanceof RequestFailed) return error
  console.error(error)
  const message = 'the console itself failed: its error is in the log of the browser'
  return new RequestFailed(0, [{ code: 0, message, source: { pointer: '' } }])
}
