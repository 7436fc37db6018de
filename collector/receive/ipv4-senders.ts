// IPv4 senders, found by address and port in one cache line: a Map of texts takes four, and where thousands of exporters take turns each of them comes from memory.

/** Numbers of an entry: address, port, number + 1 (0 when the entry is free), and one that keeps entries within cache lines. */
const entryLength = 4
const firstEntries = 1_024

/**
 * Open addressing with linear probing, at most half full. Who sends datagrams with forged addresses can't choose ones that meet in one place: where they
 * are depends on a random number.
 */
export class Ipv4Senders {
  private readonly seed = Math.trunc(Math.random() * 2 ** 32) | 0
  private entries = new Int32Array(firstEntries * entryLength)
  private size = 0

  /** The number that a sender was added with, or -1. `address` is 32 bits with a sign. */
  find(address: number, port: number): number {
    const { entries } = this
    return entries[this.place(address, port) + 2]! - 1
  }

  /** Of one that is not there yet. */
  add(address: number, port: number, number: number): void {
    if (2 * (this.size + 1) * entryLength > this.entries.length) this.grow()
    this.put(address, port, number)
    this.size++
  }

  clear(): void {
    this.entries.fill(0)
    this.size = 0
  }

  private put(address: number, port: number, number: number): void {
    const at = this.place(address, port)
    this.entries[at] = address
    this.entries[at + 1] = port
    this.entries[at + 2] = number + 1
  }

  /** Where its entry is, or would be. */
  private place(address: number, port: number): number {
    const { entries } = this
    const mask = entries.length - 1
    let at = (mix(address ^ this.seed, port) * entryLength) & mask
    while (entries[at + 2] !== 0 && (entries[at] !== address || entries[at + 1] !== port)) {
      at = (at + entryLength) & mask
    }
    return at
  }

  private grow(): void {
    const { entries } = this
    this.entries = new Int32Array(2 * entries.length)
    for (let at = 0; at < entries.length; at += entryLength) {
      const number = entries[at + 2]! - 1
      if (number !== -1) this.put(entries[at]!, entries[at + 1]!, number)
    }
  }
}

/** Each bit of the address changes about half of the answer's (the last steps of MurmurHash3). */
function mix(address: number, port: number): number {
  let value = Math.imul(address ^ (address >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13) ^ port, 0xc2b2ae35)
  return value ^ (value >>> 16)
}
