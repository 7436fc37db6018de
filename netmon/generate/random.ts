// Numbers that look random and depend on nothing but the seed, the flow and what they are for.

/** 32 well mixed bits (the finalizer of MurmurHash3, between the parts). */
export function hash(seed: number, number: number, purpose: number): number {
  let bits = mix(seed ^ Math.imul(purpose + 1, 0x9e3779b1))
  bits = mix(bits ^ (number % 2 ** 32))
  return mix(bits ^ Math.floor(number / 2 ** 32))
}

/** From 0 to below `count`. */
export function pick(bits: number, count: number): number {
  return Math.floor((bits / 2 ** 32) * count)
}

function mix(value: number): number {
  let bits = value | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
