// One flow while it is read, and what has to be known of all its fields before it is complete. Data records of NetFlow
// v9 and IPFIX need all of this, the other protocols some.

import { FlowRecord } from '../flow.ts'
import type { Compat } from './compat.ts'
import { FlowTimes } from './flow-times.ts'
import { Message } from './message.ts'
import { NameElements } from './name-elements.ts'
import { PacketReader } from './packet.ts'
import { SamplingElements } from './sampling-elements.ts'

/** Who of the two began a session: RFC 5103 6.3. 0, or none, says nothing; 3 is about a perimeter. */
export const BiflowDirection = { initiator: 1, reverseInitiator: 2 } as const

/** What a firewall tells of: IANA's firewallEvent (233). */
export const FirewallEvent = { created: 1, deleted: 2, denied: 3, alert: 4, updated: 5 } as const

/**
 * One for each decoder, filled again for each record. Options records are read into it as well: they have the same
 * elements.
 */
export class DataRecord {
  /** The one that the record stands in. */
  message = new Message()
  readonly flow = new FlowRecord()
  readonly packet: PacketReader

  /** The flow is the other direction of what the record is about. */
  isReverse = false

  /** 4 or 6; 0 when the record does not say. */
  ipVersion = 0
  ethernetType = 0
  /** ICMP type 0, code 0 is an echo reply: that it was there has to be known apart. */
  hasIcmp = false

  /** RFC 7133: the section is of an Ethernet frame unless dataLinkFrameType says otherwise. */
  dataLinkFrameType = 0
  /** A packet section was read. */
  hasPacket = false
  /** Bytes on the wire of the one packet that the record describes; 0 when it describes a flow. */
  frameBytes = 0

  readonly times = new FlowTimes()

  readonly sampling = new SamplingElements()
  lineCardId = 0

  /** Names a session among those of its exporter; 0 when the record is of none. */
  flowId = 0
  /** The address that the record itself gives its exporter is taken. */
  hasExporter = false

  /** The template that an options record speaks of. */
  templateId = 0
  /** The observation domain that an options record speaks of, if it names one. */
  domainId: number | undefined = undefined
  /** Names in an options record; cleared for those only. */
  readonly names = new NameElements()

  constructor(compat: Compat) {
    this.packet = new PacketReader(compat)
  }

  begin(): void {
    this.message.beginFlow(this.flow)
    this.isReverse = false
    this.ipVersion = 0
    this.ethernetType = 0
    this.hasIcmp = false
    this.dataLinkFrameType = 0
    this.hasPacket = false
    this.frameBytes = 0
    this.times.clear()
    this.sampling.clear()
    this.lineCardId = 0
    this.flowId = 0
    this.hasExporter = false
    this.templateId = 0
    this.domainId = undefined
  }
}
