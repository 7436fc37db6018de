// What a writer copies into every flow as it is, and where the copies are kept.

/**
 * What a message says of all its flows is encoded once for many, and copied in words that may reach beyond its end. Nearly always the usual words hold it: only where
 * they do not are the others copied as well.
 */
export const constants = [
  { number: 1, name: 'head', words: 4, usualWords: 4 },
  // An IPv4 address needs two words, an IPv6 one five.
  { number: 11, name: 'exporter', words: 5, usualWords: 2 },
  { number: 70, name: 'domain', words: 2, usualWords: 2 },
  { number: 110, name: 'received', words: 3, usualWords: 3 },
  // The sampling source; the role of a core router.
  { number: 1001, name: 'tail', words: 2, usualWords: 1 },
] as const

export type Constant = (typeof constants)[number]
export type ConstantName = Constant['name']

/** Where each of them begins in the buffer of a `Message`'s constants, in bytes. */
export const constantOffsets = offsetsOf(constants)
export const constantsBytes = constants.reduce((sum, { words }) => sum + 4 * words, 0)

function offsetsOf(
  all: readonly { readonly name: ConstantName; readonly words: number }[],
): Readonly<Record<ConstantName, number>> {
  let offset = 0
  return Object.fromEntries(
    all.map(({ name, words }) => {
      const own = offset
      offset += 4 * words
      return [name, own]
    }),
  ) as Record<ConstantName, number>
}
