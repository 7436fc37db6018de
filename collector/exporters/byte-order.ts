// Which exporters write the sampling rates of their data records with the least significant byte first, against RFC 3954 and RFC 7011: MikroTik's
// RouterOS 6 does. Nothing in a datagram tells, so that people say it of a router.

import type { Routers } from './routers.ts'
import type { Source } from './source.ts'

/** Answers for a UDP source by the list of routers; asked for every datagram, so that each source is looked up once for each list. */
export function createByteOrders(routers: Routers): (source: Source) => boolean {
  let version = routers.version()
  let isLittleEndian = new WeakMap<Source, boolean>()
  return (source) => {
    if (routers.version() !== version) {
      version = routers.version()
      isLittleEndian = new WeakMap()
    }
    const known = isLittleEndian.get(source)
    if (known !== undefined) return known
    const router = routers.find(source.bytes, source.bytes.length)
    const answer = router?.sampling_byte_order === 'little'
    isLittleEndian.set(source, answer)
    return answer
  }
}
