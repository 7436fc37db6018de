// Ways to damage a datagram. Each returns a new one and leaves what it is given as it was.

import { findLandmarks } from './landmarks.ts'
import type { Random } from './random.ts'

/** What UDP carries over IPv4. */
const maxDatagramBytes = 65_507

/** Damages `datagram`; `other` is one to take pieces from. */
export type Mutation = (datagram: Uint8Array, other: Uint8Array, random: Random) => Uint8Array

export function mutate(datagram: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const mutated = random.of(mutations)(datagram, other, random)
  return mutated.length > maxDatagramBytes ? mutated.slice(0, maxDatagramBytes) : mutated
}

const flipBits: Mutation = (datagram, _, random) => {
  const mutated = datagram.slice()
  for (let flips = 1 + random.below(8); flips > 0; flips--) {
    const at = random.below(mutated.length)
    mutated[at] = (mutated[at] ?? 0) ^ (1 << random.below(8))
  }
  return mutated
}

const setBytes: Mutation = (datagram, _, random) => {
  const mutated = datagram.slice()
  for (let changes = 1 + random.below(8); changes > 0; changes--) {
    const value = random.onceIn(2) ? random.below(256) : random.of([0, 1, 4, 6, 0x45, 0x7f, 255])
    if (mutated.length > 0) mutated[random.below(mutated.length)] = value
  }
  return mutated
}

const truncate: Mutation = (datagram, _, random) =>
  datagram.slice(0, random.below(datagram.length + 1))

const extend: Mutation = (datagram, other, random) => {
  const tail = random.of([new Uint8Array(1 + random.below(64)), other])
  return join(datagram, tail)
}

/** A number that says how to read the rest, off by little, at a boundary, or anything. */
const changeNumbers: Mutation = (datagram, _, random) => {
  const mutated = datagram.slice()
  const { numbers } = findLandmarks(datagram)
  if (numbers.length === 0) return mutated
  const view = Buffer.from(mutated.buffer)
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const { offset, bytes } = random.of(numbers)
    const value = random.of(newValues)(view.readUIntBE(offset, bytes), datagram, random)
    const limit = 2 ** (8 * bytes)
    view.writeUIntBE(((value % limit) + limit) % limit, offset, bytes)
  }
  return mutated
}

const newValues: readonly ((value: number, datagram: Uint8Array, random: Random) => number)[] = [
  (value) => value + 1,
  (value) => value - 1,
  (value) => value * 2,
  (value, _, random) => value + 4 * random.below(8),
  (_, { length }) => length,
  (_, __, random) => random.of([0, 1, 2, 3, 4, 5, 8, 16, 255, 256, 257, 1000]),
  (_, __, random) => random.of([0x7fff, 0x8000, 0xfffe, 0xffff, 0x7fffffff, 0xffffffff]),
  // Element ids: below 512 are nearly all of those that mean something.
  (_, __, random) => random.below(512),
  (_, __, random) => random.below(2 ** 32),
]

const repeatPiece: Mutation = (datagram, _, random) => {
  const { pieces } = findLandmarks(datagram)
  if (pieces.length === 0) return datagram.slice()
  const { start, end } = random.of(pieces)
  const piece = datagram.subarray(start, end)
  const copies = Array<Uint8Array>(1 + random.below(random.onceIn(20) ? 60 : 4)).fill(piece)
  return join(datagram.subarray(0, end), ...copies, datagram.subarray(end))
}

const dropPiece: Mutation = (datagram, _, random) => {
  const { pieces } = findLandmarks(datagram)
  if (pieces.length === 0) return datagram.slice()
  const { start, end } = random.of(pieces)
  return join(datagram.subarray(0, start), datagram.subarray(end))
}

/** A set or sample of another datagram in between. */
const insertPiece: Mutation = (datagram, other, random) => {
  const { pieces } = findLandmarks(datagram)
  const others = findLandmarks(other).pieces
  if (pieces.length === 0 || others.length === 0) return datagram.slice()
  const at = random.of(pieces).start
  const { start, end } = random.of(others)
  return join(datagram.subarray(0, at), other.subarray(start, end), datagram.subarray(at))
}

/** The head of one and the tail of another. */
const splice: Mutation = (datagram, other, random) =>
  join(
    datagram.subarray(0, random.below(datagram.length + 1)),
    other.subarray(random.below(other.length + 1)),
  )

/** A stretch of all zeros, or of all ones. */
const blank: Mutation = (datagram, _, random) => {
  const start = random.below(datagram.length + 1)
  const end = Math.min(datagram.length, start + 1 + random.below(32))
  return datagram.slice().fill(random.of([0, 0xff]), start, end)
}

const mutations: readonly Mutation[] = [
  flipBits,
  setBytes,
  truncate,
  extend,
  changeNumbers,
  changeNumbers,
  changeNumbers,
  repeatPiece,
  dropPiece,
  insertPiece,
  splice,
  blank,
]

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts))
}
