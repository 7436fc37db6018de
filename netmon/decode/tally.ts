import type { DecoderCounters } from '../../collector/decode/counters.ts'
import type { DecodeReason } from '../../collector/decode/outcome.ts'
import type { FrameReason } from './ip-packet.ts'

/** What became of the packets of all files. */
export class Tally {
  packets = 0
  flows = 0
  private datagrams = 0
  private readonly passedOver = new Map<FrameReason, number>()
  private readonly failed = new Map<DecodeReason, number>()

  countFrame(reason: FrameReason): void {
    // Not lost: its datagram is counted when it is whole, or as one with missing fragments.
    if (reason !== 'fragment') this.passedOver.set(reason, (this.passedOver.get(reason) ?? 0) + 1)
  }

  countDatagram(reason: DecodeReason | undefined): void {
    this.datagrams++
    if (reason !== undefined) this.failed.set(reason, (this.failed.get(reason) ?? 0) + 1)
  }

  /** For people: one line, and one for each kind of loss that there was. */
  summary(incompleteDatagrams: number, undecodable: DecoderCounters['undecodable']): string {
    const sets = Object.entries(undecodable).map(([reason, { sets }]) => [reason, sets] as const)
    return [
      `${this.packets} packets, ${this.datagrams} datagrams, ${this.flows} flows\n`,
      line('packets without a datagram', this.passedOver),
      line('datagrams not put together', [['fragments missing', incompleteDatagrams]]),
      line('datagrams not decoded, or in part', this.failed),
      line('sets, samples and records not decoded', sets),
    ].join('')
  }
}

function line(what: string, counts: Iterable<readonly [string, number]>): string {
  const some = [...counts].filter(([, count]) => count > 0)
  if (some.length === 0) return ''
  return `${what}: ${some.map(([reason, count]) => `${count} ${reason}`).join(', ')}\n`
}
