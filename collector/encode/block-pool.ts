// Buffers of blocks, used again: at a hundred thousand flows a second they would else be most of what the garbage collector has to find. Their memory is shared between
// threads, so that one that sends reads a block where it was written.

/** A block is one Kafka message: small enough for every broker's default, large enough that its overhead is nothing. */
export const blockBytes = 256 * 1024

/** Kept for use again: what may be on its way at once (delivery.ts), since the garbage collector does not see how large shared memory is and would let it lie. */
const pooledBytes = 40 * 1024 * 1024

export interface BlockPool {
  /** Of each of its blocks. */
  readonly blockBytes: number
  /** A block, with anything in it. */
  take(): Uint8Array
  /** Takes back the buffers of a payload that nobody will read again. */
  give(payload: readonly Uint8Array[]): void
  /** Gives away buffers that are free now, at most so many. */
  spare(count: number): Uint8Array[]
}

/** @param bytes of a block; other than `blockBytes` only to measure what its size is worth */
export function createBlockPool(bytes = blockBytes): BlockPool {
  const pooledBlocks = pooledBytes / bytes
  const free: Uint8Array[] = []
  return {
    blockBytes: bytes,
    take: () => free.pop() ?? new Uint8Array(new SharedArrayBuffer(bytes)),
    give(payload) {
      for (const { buffer } of payload) {
        if (free.length >= pooledBlocks) return
        // The payload of rows is a buffer of its own size.
        if (buffer.byteLength === bytes) free.push(new Uint8Array(buffer))
      }
    },
    spare: (count) => free.splice(Math.max(0, free.length - count)),
  }
}
