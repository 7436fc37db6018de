/** Numbers of 32 bits, in order. Emptied, it keeps its room: an array would give it up, and take it anew for every flow. */
export class NumberList implements Iterable<number> {
  private values = new Uint32Array(8)
  private count = 0

  get length(): number {
    return this.count
  }

  clear(): void {
    this.count = 0
  }

  push(value: number): void {
    if (this.count === this.values.length) this.grow()
    this.values[this.count++] = value
  }

  /** 0 where there is none. */
  at(index: number): number {
    return index < this.count ? this.values[index]! : 0
  }

  set(index: number, value: number): void {
    if (index < this.count) this.values[index] = value
  }

  includes(value: number): boolean {
    for (let i = 0; i < this.count; i++) if (this.values[i] === value) return true
    return false
  }

  *[Symbol.iterator](): IterableIterator<number> {
    for (let i = 0; i < this.count; i++) yield this.values[i]!
  }

  private grow(): void {
    const { values } = this
    this.values = new Uint32Array(2 * values.length)
    this.values.set(values)
  }
}
