// The other direction of records that tell of both: biflows (RFC 5103), and the sessions of firewalls.
//
// Such a record is two flows. In the second, source and destination have changed places; its counters and the properties
// of its packets are its own, and unset where the record does not have them; the rest holds for both.

import type { Element } from './element.ts'
import type { FieldSpecifier } from './template.ts'

/** The enterprise number under which an element is of the reverse direction: RFC 5103 6.1. */
const reverseEnterprise = 29_305

/** Elements that each are, in the reverse flow, what the other is in the flow. */
const counterparts = bothWays([
  [8, 12], // IPv4 addresses
  [27, 28], // IPv6 addresses
  [9, 13], // IPv4 prefix lengths
  [29, 30], // IPv6 prefix lengths
  [7, 11], // ports
  [180, 181], // UDP ports
  [182, 183], // TCP ports
  [10, 14], // interfaces
  [252, 253], // physical interfaces
  [234, 235], // VRFs
  [16, 17], // AS numbers
  [128, 129], // next and previous adjacent AS number
  [58, 59], // VLANs before and after
  [243, 254],
  [245, 255],
  [56, 80], // MAC addresses before
  [81, 57], // and after: what left from one to the other comes back from that one
  // The addresses that the session has on the far side of a translator, whichever side a packet comes from.
  [225, 226],
  [281, 282],
  [227, 228],
  [40_001, 40_002],
  [40_003, 40_004],
])

/** Elements that hold for both directions, or that see for themselves which one they are read for. */
const common = new Set([
  4, 60, 61, 95, 130, 131, 136, 138, 160, 230, 231, 232, 233, 239, 256, 298, 299, 322, 323, 324,
  325, 351, 40_005,
])

/** What times tell. Exporters that do not tell it apart by direction mean both. */
const times: readonly ReadonlySet<number>[] = [
  new Set([22, 150, 152, 154, 156, 158]), // start
  new Set([21, 151, 153, 155, 157, 159]), // end
  new Set([161, 162]), // duration
]

/**
 * Elements that have no reverse: they identify something, or tell of the metering or the direction (RFC 5103 6.1). Nor
 * is there one of a packet that was sampled.
 */
const irreversible = new Set([
  34, 48, 50, 60, 61, 130, 131, 138, 141, 145, 148, 160, 231, 232, 239, 298, 299, 302, 305, 306,
  309, 310, 311, 312, 313, 315, 316, 408,
])

const counters = new Set([1, 2, 23, 24, 85, 86, 231, 232, 298, 299, 352])

/** Behind all that is the reverse flow's own. */
const borrowedRank = 10

/** What the field with the index `field` of a template is read as. */
export interface FoundElement {
  readonly element: Element
  readonly rank: number
  readonly field: number
}

/**
 * How the reverse flow of a template's records is read; nothing when they have none: that takes a counter, and ends that
 * can change places. `elementOf` tells what an id means in the template's protocol.
 */
export function findReverse(
  fields: readonly FieldSpecifier[],
  elementOf: (id: number) => Element | undefined,
): FoundElement[] {
  const own = new Set(fields.filter(isReversed).map(({ id }) => id))
  const shared = new Set(common)
  for (const group of times) {
    if (![...group].some((id) => own.has(id))) for (const id of group) shared.add(id)
  }
  const found = fields.flatMap((specifier, field): FoundElement[] => {
    const { id, enterprise } = specifier
    if (isReversed(specifier)) {
      const element = irreversible.has(id) ? undefined : elementOf(id)
      return element === undefined ? [] : [{ element, rank: element.rank, field }]
    }
    if (enterprise !== undefined) return []
    const element = elementOf(shared.has(id) ? id : (counterparts.get(id) ?? -1))
    return element === undefined ? [] : [{ element, rank: element.rank + borrowedRank, field }]
  })
  const isCounted = found.some(({ field }) => counters.has(fields[field]?.id ?? 0))
  return isCounted && fields.some(isEnd) ? found : []
}

function isReversed({ enterprise }: FieldSpecifier): boolean {
  return enterprise === reverseEnterprise
}

/** Source or destination, in some sense, and not of length 0: so no byte gives more than one flow. */
function isEnd({ id, enterprise, length }: FieldSpecifier): boolean {
  return enterprise === undefined && length > 0 && counterparts.has(id)
}

function bothWays(pairs: readonly (readonly [number, number])[]): ReadonlyMap<number, number> {
  return new Map(pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]))
}
