// What tshark prints with -T pdml, as a tree: every field with its name, its text (show), its bytes in hex (value) and
// where they stand (pos, size).

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The packets, each an element with `children`. */
export function readPdml(text) {
  const root = { children: [] }
  const open = [root]
  for (const [, close, tag, attributes, empty] of text.matchAll(
    /<(\/?)(\w+)((?:\s+[\w.]+="[^"]*")*)\s*(\/?)>/g,
  )) {
    if (close) {
      open.pop()
      continue
    }
    const element = { tag, children: [] }
    for (const [, name, value] of attributes.matchAll(/([\w.]+)="([^"]*)"/g)) {
      element[name] = decodeEntities(value)
    }
    open.at(-1).children.push(element)
    if (!empty) open.push(element)
  }
  return root.children.find(({ tag }) => tag === 'pdml').children
}

function decodeEntities(text) {
  return text.replace(/&(#x?[0-9a-f]+|\w+);/gi, (_, entity) => {
    if (!entity.startsWith('#')) return entities[entity]
    const hexadecimal = entity[1] === 'x'
    return String.fromCodePoint(
      Number.parseInt(entity.slice(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10),
    )
  })
}

/** All elements below, depth first, in the order printed. */
export function* descendants(element) {
  for (const child of element.children) {
    yield child
    yield* descendants(child)
  }
}

/** The first element below that has this name; undefined without one. */
export function find(element, name) {
  for (const field of descendants(element)) if (field.name === name) return field
  return undefined
}

/** The bytes of a field as a number: a bigint, as counters have 64 bits. */
export const integerOf = (field) => BigInt(`0x${field.value || '0'}`)

/** "Dec 25, 2016 12:58:35.818000000 UTC" as nanoseconds since 1970. */
export function nanosecondsOf(text) {
  const [, date, fraction] = text.match(/^(.*)\.(\d{9}) UTC$/)
  return BigInt(Date.parse(`${date} UTC`)) * 1_000_000n + BigInt(fraction)
}

/** "27346.270000000" seconds as nanoseconds. */
export function durationOf(text) {
  const [, seconds, fraction] = text.match(/^(\d+)\.(\d{9})$/)
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction)
}
