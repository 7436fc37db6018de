// What elements mean in options data beside, or instead of, what they mean in a flow: RFC 3954 6, RFC 6759 4 and Cisco's
// option tables.

import { bytes, type Element, uint } from './element.ts'
import { readText } from './name-elements.ts'

export const optionsElements: Readonly<Record<number, Element>> = {
  82: bytes('interfaceName', (r, b, o, n) => (r.names.interfaceName ||= readText(b, o, n))),
  83: bytes('interfaceDescription', (r, b, o, n) => {
    r.names.interfaceDescription ||= readText(b, o, n)
  }),
  84: bytes('samplerName', (r, b, o, n) => (r.names.samplerName ||= readText(b, o, n))),
  335: bytes('selectorName', (r, b, o, n) => (r.names.samplerName ||= readText(b, o, n)), 2),
  94: bytes('applicationDescription', (r, b, o, n) => {
    r.names.applicationDescription ||= readText(b, o, n)
  }),
  96: bytes('applicationName', (r, b, o, n) => (r.names.applicationName ||= readText(b, o, n))),
  236: bytes('VRFname', (r, b, o, n) => (r.names.vrfName ||= readText(b, o, n))),
  // 0 is the default VRF of some: that it was there has to be known apart.
  234: uint('ingressVRFID', (r, v) => (r.names.vrfId ??= v)),
  235: uint('egressVRFID', (r, v) => (r.names.vrfId ??= v), 2),
  149: uint('observationDomainId', (r, v) => (r.domainId ??= v)),
}
