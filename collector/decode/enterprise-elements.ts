// Elements that vendors define under their own private enterprise numbers. Those of the reverse direction are no vendor's: see
// reverse.ts.

import { type Element, uint } from './element.ts'

const juniper = 2636
const exceptionCode = 2

/** Forwarding status of RFC 7270 4.12, without a reason. */
const forwarded = 64
const dropped = 128

const enterprises: Readonly<Record<number, Readonly<Record<number, Element>>>> = {
  [juniper]: {
    // What the value is, in the top 6 bits of 16, and the value. An exception is why a packet was not forwarded; its
    // codes differ from platform to platform. Junos OS, Resiliency Exception Reporting.
    137: uint('commonPropertiesId', ({ flow }, value) => {
      if (value >>> 10 === exceptionCode) {
        flow.forwardingStatus ||= (value & 0x3ff) === 0 ? forwarded : dropped
      }
    }),
  },
}

export function enterpriseElement(enterprise: number, id: number): Element | undefined {
  return enterprises[enterprise]?.[id]
}
