// Sessions of firewalls whose traffic was reported while they lasted.
//
// Cisco's ASA counts octets and packets (231, 232, 298, 299) in two events: updates have what passed since the last one,
// the last of them at teardown; the teardown has the session's totals, as if there had been no updates. Added up, a
// session with updates would count twice. One without (it was short, or updates are not switched on) is only in its
// teardown.

import { FirewallEvent } from './data-record.ts'

/**
 * Remembers at least the `capacity` sessions that were updated last, and at most twice as many: two generations, of
 * which the older is forgotten when the younger is full.
 */
export class ReportedSessions {
  private readonly capacity: number
  private younger = new Set<string>()
  private older = new Set<string>()

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get size(): number {
    return this.younger.size + this.older.size
  }

  /**
   * Takes note of a record with session counters. Returns whether they are of a session whose traffic is already
   * counted. `flowId` is 0 when the record has none: then nothing can be said.
   */
  isRepeated(address: string, domainId: number, flowId: number, firewallEvent: number): boolean {
    if (flowId === 0) return false
    const session = `${address} ${domainId} ${flowId}`
    if (firewallEvent === FirewallEvent.updated) this.add(session)
    if (firewallEvent !== FirewallEvent.deleted) return false
    const wasYounger = this.younger.delete(session)
    return this.older.delete(session) || wasYounger
  }

  private add(session: string): void {
    this.younger.add(session)
    if (this.younger.size < this.capacity) return
    this.older = this.younger
    this.younger = new Set()
  }
}
