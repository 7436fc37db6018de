// One flow while it is read, and what has to be known of all its fields before it is complete. Data records of NetFlow
// v9 and IPFIX need all of this, the other protocols some.

import { FlowRecord } from '../flow.ts'
import { FlowTimes } from './flow-times.ts'
import { Message } from './message.ts'
import { PacketReader } from './packet.ts'
import { SamplingElements } from './sampling-elements.ts'

/**
 * One for each decoder, filled again for each record. Options records are read into it as well: they have the same
 * elements.
 */
export class DataRecord {
  readonly message = new Message()
  readonly flow = new FlowRecord()
  readonly packet = new PacketReader()

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
  /** The template that an options record speaks of. */
  templateId = 0

  begin(): void {
    this.message.beginFlow(this.flow)
    this.ipVersion = 0
    this.ethernetType = 0
    this.hasIcmp = false
    this.dataLinkFrameType = 0
    this.hasPacket = false
    this.frameBytes = 0
    this.times.clear()
    this.sampling.clear()
    this.lineCardId = 0
    this.templateId = 0
  }
}
