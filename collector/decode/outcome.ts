// Why a datagram, or a part of one, could not be decoded. The names are metric labels and log fields: change them with
// care.

/** Reasons that end the reading of a datagram, or of one set in it. What was emitted before stays emitted. */
export const decodeReasons = [
  'short-header', // fewer bytes than the protocol's header
  'unknown-version', // the version word is none of 5, 9, 10 and (32 bits) 5
  'bad-length', // a length or count disagrees with the bytes that are there
  'bad-template', // a template that cannot describe a record
  'unknown-template', // data whose template did not come in time
  'reserved-set', // a set whose id the protocol keeps for later use; skipped by its length
  'limit', // a bound on templates, exporters or fields was reached
  'internal', // our own fault: an exception while decoding
] as const

export type DecodeReason = (typeof decodeReasons)[number]
