// Least recently used first: a list through the items themselves, so that using one costs a few assignments and no
// allocation.

/** What an item of such a list has for it. An item is in one list at most. */
export interface Linked<T> {
  older: T | undefined
  newer: T | undefined
}

/** Moving an item writes to four, most of them long out of the processor's caches: what is used all the time is moved every ten seconds. */
const noteEveryMs = 10_000

/** Whether a use now is to move an item whose last move was at `notedMs`. Both modulo 2^32, with a sign: small integers, which objects hold in themselves. */
export function isToBeNoted(notedMs: number, nowMs: number): boolean {
  const elapsedMs = (nowMs - notedMs) | 0
  return elapsedMs >= noteEveryMs || elapsedMs < 0
}

export class RecencyList<T extends Linked<T>> {
  oldest: T | undefined
  newest: T | undefined
  size = 0

  /** Adds an item that is in no list yet, as the most recently used. */
  add(item: T): void {
    item.older = this.newest
    item.newer = undefined
    if (this.newest === undefined) this.oldest = item
    else this.newest.newer = item
    this.newest = item
    this.size++
  }

  /** Marks an item of this list as the most recently used. */
  touch(item: T): void {
    if (item === this.newest) return
    this.remove(item)
    this.add(item)
  }

  remove(item: T): void {
    if (item.older === undefined) this.oldest = item.newer
    else item.older.newer = item.newer
    if (item.newer === undefined) this.newest = item.older
    else item.newer.older = item.older
    item.older = undefined
    item.newer = undefined
    this.size--
  }

  /** From the least to the most recently used. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let item = this.oldest; item !== undefined; item = item.newer) yield item
  }
}
