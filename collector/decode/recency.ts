// Least recently used first: a list through the items themselves, so that using one costs a few assignments and no
// allocation.

/** What an item of such a list has for it. An item is in one list at most. */
export interface Linked<T> {
  older: T | undefined
  newer: T | undefined
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
