// When a flow began and ended, out of all that exporters say about it.

import { type FlowRecord, FlowType } from '../flow.ts'
import { Instant } from './instant.ts'
import type { Message } from './message.ts'

/** The time elements of one record. What is not there stays unset, and what is there twice counts once. */
export class FlowTimes {
  readonly start = new Instant()
  readonly end = new Instant()
  /** observationTimeMilliseconds and the like: of an event, not of a flow. */
  readonly observed = new Instant()

  hasStartUptime = false
  startUptimeMs = 0
  hasEndUptime = false
  endUptimeMs = 0
  durationMs = 0
  /** systemInitTimeMilliseconds; 0 when the record does not say. */
  systemInitMs = 0

  clear(): void {
    this.start.clear()
    this.end.clear()
    this.observed.clear()
    this.hasStartUptime = false
    this.startUptimeMs = 0
    this.hasEndUptime = false
    this.endUptimeMs = 0
    this.durationMs = 0
    this.systemInitMs = 0
  }

  setStartUptime(uptimeMs: number): void {
    if (this.hasStartUptime) return
    this.hasStartUptime = true
    this.startUptimeMs = uptimeMs
  }

  setEndUptime(uptimeMs: number): void {
    if (this.hasEndUptime) return
    this.hasEndUptime = true
    this.endUptimeMs = uptimeMs
  }

  /** Whether it takes the moment of the exporter's start to read the record's times. */
  needsSystemInit(message: Message): boolean {
    const hasUptime = this.hasStartUptime || this.hasEndUptime
    return hasUptime && message.uptimeMs === 0 && this.systemInitMs === 0
  }

  /**
   * Gives `flow` its start and end: as the record has them; one from the other and the duration; else the end is the time
   * of export. `systemInitMs` is what options data said of the exporter, or 0. Returns true when a time could not be and
   * was replaced.
   */
  finish(flow: FlowRecord, message: Message, systemInitMs: number): boolean {
    const { start, end, observed } = this
    const initMs = this.systemInitMs || systemInitMs
    if (this.hasStartUptime) setFromUptime(start, this.startUptimeMs, message, initMs)
    if (this.hasEndUptime) setFromUptime(end, this.endUptimeMs, message, initMs)

    let replaced = false
    if (dropImplausible(start, message)) replaced = true
    if (dropImplausible(end, message)) replaced = true

    if (start.isSet && !end.isSet) {
      const durationMs = this.duration(message)
      if (durationMs > 0) end.setMsBefore(start.seconds, start.nanos, -durationMs)
      else if (observed.isSet) end.set(observed.seconds, observed.nanos)
      if (dropImplausible(end, message)) replaced = true
      end.set(start.seconds, start.nanos)
    } else if (end.isSet && !start.isSet) {
      start.setMsBefore(end.seconds, end.nanos, this.duration(message))
    } else if (!start.isSet) {
      // A time that cannot be says that the exporter's clock is not to be trusted, the header's included.
      if (observed.isSet) end.set(observed.seconds, observed.nanos)
      else if (!replaced) end.set(message.exportSeconds, message.exportNanos)
      if (dropImplausible(end, message)) replaced = true
      const durationMs = end.isSet ? this.duration(message) : 0
      end.set(message.receivedSeconds, message.receivedNanos)
      start.setMsBefore(end.seconds, end.nanos, durationMs)
    }

    flow.timeFlowStartSeconds = start.seconds
    flow.timeFlowStartNanos = start.nanos
    flow.timeFlowEndSeconds = end.seconds
    flow.timeFlowEndNanos = end.nanos
    return replaced
  }

  /**
   * Milliseconds from start to end; 0 when the record does not say. Uptimes of IPFIX still tell it where nothing tells when the exporter
   * started. Those of NetFlow do not: a header without uptime is of a replayed file, and its records' uptimes are
   * another machine's.
   */
  private duration({ type }: Message): number {
    if (this.durationMs > 0) return this.durationMs
    if (type !== FlowType.ipfix || !this.hasStartUptime || !this.hasEndUptime) return 0
    return Math.max(0, (this.endUptimeMs - this.startUptimeMs) | 0)
  }
}

/**
 * flowStartSysUpTime, flowEndSysUpTime, First, Last: ms since the exporter started. NetFlow has the uptime at export in
 * its header; IPFIX needs the moment of start (systemInitTimeMilliseconds). With neither, the time stays unset: 0 in
 * the header is a replayed file, not an uptime.
 */
function setFromUptime(instant: Instant, uptimeMs: number, message: Message, initMs: number): void {
  if (message.uptimeMs !== 0) {
    // As a signed 32-bit difference it survives the wrap of the uptime every 49.7 days, and a flow that ends a few ms
    // after its header was written.
    const agoMs = (message.uptimeMs - uptimeMs) | 0
    instant.setMsBefore(message.exportSeconds, message.exportNanos, agoMs)
  } else if (initMs !== 0) {
    const exportMs = message.exportSeconds * 1000
    const wraps = Math.round((exportMs - initMs - uptimeMs) / 2 ** 32)
    instant.setMs(initMs + uptimeMs + wraps * 2 ** 32)
  }
}

/** Unsets a time that cannot be. Returns whether it did. */
function dropImplausible(instant: Instant, message: Message): boolean {
  if (!instant.isSet || instant.isPlausible(message.receivedSeconds)) return false
  instant.clear()
  return true
}
