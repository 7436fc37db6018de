// Why a packet was discarded: sFlow's reasons (sflow.org/sflow_drops.txt, drop_reason; those below 256 are the codes of ICMP's
// "destination unreachable") as forwardingStatus has them (RFC 7270 4.12).

const droppedUnknown = 128

/** Between 128 and 191: dropped. */
export function discardStatus(reason: number): number {
  return statusOf.get(reason) ?? droppedUnknown
}

const statusOf: ReadonlyMap<number, number> = new Map([
  [0, 131], // net unreachable: unroutable
  [1, 131], // host unreachable
  [2, 131], // protocol unreachable
  [3, 131], // port unreachable
  [4, 133], // fragmentation needed: fragmentation and DF set
  [5, 131], // source route failed
  [6, 131], // destination net unknown
  [7, 131], // destination host unknown
  [8, 132], // source host isolated: adjacency
  [9, 129], // destination net prohibited: ACL deny
  [10, 129], // destination host prohibited
  [11, 131], // destination net unreachable for this type of service
  [12, 131], // destination host unreachable for this type of service
  [13, 129], // communication prohibited
  [257, 137], // TTL exceeded: bad TTL
  [258, 130], // ACL: ACL drop
  [259, 143], // no buffer space: hardware
  [260, 139], // RED: WRED
  [261, 138], // traffic shaping: policer
  [262, 135], // packet too big: bad total length
  [263, 131], // source MAC is multicast
  [269, 130], // blackhole route
  [279, 132], // unresolved neighbour: adjacency
  [280, 140], // multicast reverse path forwarding: RPF
  [302, 140], // unicast reverse path forwarding
])
