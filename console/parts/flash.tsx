// What the API said of a change that it made, shown on the page that follows it.

import { useEffect, useState } from 'preact/hooks'
import type { Notice } from '../../rules/problem.ts'
import { Notes } from './notes.tsx'

let pending: string[] = []

/** Leaves `text`, and the notices with it, to the next page. */
export function flash(text: string, notices: readonly Notice[] = []): void {
  pending = [text, ...notices.map(({ message }) => message)]
}

export function Flash() {
  const [texts, setTexts] = useState<string[]>([])
  useEffect(() => {
    setTexts(pending)
    pending = []
  }, [])
  return (
    <div role="status">
      {texts.length > 0 && (
        <div class="note good">
          <Notes texts={texts} />
          <button type="button" class="quiet" onClick={() => setTexts([])}>
            Dismiss
          </button>
        </div>
      )}
    </div>
  )
}
