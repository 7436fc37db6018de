// Chance that a seed repeats exactly.

import { hash, pick } from '../../netmon/generate/random.ts'

export interface Random {
  /** From 0 to below `count`. */
  below(count: number): number
  /** True once in so many times. */
  onceIn(times: number): boolean
  of<T>(list: readonly T[]): T
}

export function createRandom(seed: number): Random {
  let drawn = 0
  const below = (count: number) => pick(hash(seed, drawn++, 0), count)
  return {
    below,
    onceIn: (times) => below(times) === 0,
    of: (list) => list[below(list.length)]!,
  }
}
