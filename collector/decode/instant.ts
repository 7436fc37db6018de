// Points in time as protocols write them, kept as a FlowRecord has them: seconds since 1970 and nanoseconds.

import { readUint32 } from './bytes.ts'

/** 1900 to 1970, RFC 5905 figure 4. */
export const ntpToUnixSeconds = 2_208_988_800
/** NTP's seconds start again in 2036, RFC 5905 6. */
export const ntpEraSeconds = 2 ** 32

/** Earlier than this no flow was ever exported: it is the clock of a router that has not been told the time. */
export const earliestSeconds = Date.UTC(1990, 0) / 1000

/** A clock may be in the wrong time zone; more than a day ahead it is wrong. */
export function latestSeconds(receivedSeconds: number): number {
  return receivedSeconds + 86_400
}

/** A point in time, or none. What is set first stays. */
export class Instant {
  seconds = 0
  nanos = 0
  isSet = false

  clear(): void {
    this.isSet = false
  }

  set(seconds: number, nanos: number): void {
    if (this.isSet) return
    this.seconds = seconds
    this.nanos = nanos
    this.isSet = true
  }

  /** flowStartSeconds and the like; 0 says nothing. */
  setSeconds(seconds: number): void {
    if (seconds !== 0) this.set(seconds, 0)
  }

  /** flowStartMilliseconds and the like: 0 says nothing. RFC 7011 6.1.8. */
  setMs(ms: number): void {
    if (ms === 0) return
    const seconds = Math.floor(ms / 1000)
    this.set(seconds, (ms - seconds * 1000) * 1_000_000)
  }

  /**
   * flowStartMicroseconds, flowStartNanoseconds and the like: seconds since 1900 and a fraction of 2^32; 0 says
   * nothing. RFC 7011 6.1.9 and 6.1.10. The low 11 bits of the fraction have no meaning in microseconds, and do no
   * harm.
   */
  setNtp(bytes: Uint8Array, offset: number, length: number): void {
    if (length !== 8) return
    const seconds = readUint32(bytes, offset)
    const fraction = readUint32(bytes, offset + 4)
    if (seconds === 0 && fraction === 0) return
    const era = seconds < ntpToUnixSeconds ? ntpEraSeconds : 0
    this.set(era + seconds - ntpToUnixSeconds, Math.floor((fraction * 1_000_000_000) / 2 ** 32))
  }

  /** `ms` (of either sign, and not always whole) before a moment given in seconds and nanoseconds. */
  setMsBefore(seconds: number, nanos: number, ms: number): void {
    const wholeSeconds = Math.trunc(ms / 1000)
    const restNanos = Math.round((ms - wholeSeconds * 1000) * 1_000_000)
    this.setCarrying(seconds - wholeSeconds, nanos - restNanos)
  }

  /** flowStartDeltaMicroseconds: before the export time. */
  setMicrosBefore(seconds: number, micros: number): void {
    const wholeSeconds = Math.trunc(micros / 1_000_000)
    this.setCarrying(seconds - wholeSeconds, -(micros - wholeSeconds * 1_000_000) * 1000)
  }

  /** `nanos` may be off by up to a second either way, or, in a hostile NetFlow v5 header, by more upwards. */
  private setCarrying(seconds: number, nanos: number): void {
    const carry = Math.floor(nanos / 1_000_000_000)
    this.set(seconds + carry, nanos - carry * 1_000_000_000)
  }

  isPlausible(receivedSeconds: number): boolean {
    return this.seconds >= earliestSeconds && this.seconds <= latestSeconds(receivedSeconds)
  }
}
