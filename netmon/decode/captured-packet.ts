export interface CapturedPacket {
  /** tcpdump.org/linktypes.html */
  readonly linkType: number
  /** Whole milliseconds since 1970; undefined when the capture does not say. */
  readonly timeMs: number | undefined
  /** What was captured of the packet. Valid until the next one is asked for. */
  readonly bytes: Uint8Array
}

/** The rest of the file cannot be read. The message says what is wrong, and at which byte. */
export class DamagedCapture extends Error {
  override readonly name = 'DamagedCapture'
}

/**
 * Beyond this a packet's length is taken for damage: the largest that libpcap captures
 * (MAXIMUM_SNAPLEN).
 */
export const maxPacketBytes = 262_144
