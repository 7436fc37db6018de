// Who waits for what a worker says.

export interface Answers<Kind> {
  /** Resolves when this is said next, when nothing is to be expected any more, or when the time is over. */
  heard(kind: Kind, withinMs?: number): Promise<void>
  answer(kind: Kind): void
  answerAll(): void
}

export function createAnswers<Kind>(): Answers<Kind> {
  const waiting = new Map<Kind, Set<() => void>>()

  const answer = (kind: Kind) => {
    const asking = waiting.get(kind) ?? []
    waiting.delete(kind)
    for (const done of asking) done()
  }

  return {
    heard: (kind, withinMs) =>
      new Promise((resolve) => {
        const asking = waiting.get(kind) ?? new Set()
        waiting.set(kind, asking)
        const giveUp = () => {
          asking.delete(done)
          resolve()
        }
        const timer = withinMs === undefined ? undefined : setTimeout(giveUp, withinMs)
        const done = () => {
          clearTimeout(timer)
          resolve()
        }
        asking.add(done)
      }),
    answer,
    answerAll() {
      for (const kind of [...waiting.keys()]) answer(kind)
    },
  }
}
