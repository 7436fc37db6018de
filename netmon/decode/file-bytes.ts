import { readSync } from 'node:fs'

/** What one `take` can give. Longer stretches can only be skipped. */
export const maxTakeBytes = 1 << 20

/** Reads an open file front to back, a part of it at a time. */
export class FileBytes {
  private readonly file: number
  private readonly buffer = new Uint8Array(2 * maxTakeBytes)
  private start = 0
  private end = 0
  /** Offset in the file of what comes next. */
  position = 0

  /** `file` is a descriptor open for reading, and stays the caller's to close. */
  constructor(file: number) {
    this.file = file
  }

  /**
   * The next `length` bytes (at most maxTakeBytes), valid until the next call; undefined, and
   * nothing taken, when fewer are left.
   * @throws the system's error when the file cannot be read
   */
  take(length: number): Uint8Array | undefined {
    while (this.end - this.start < length) if (!this.fill()) return undefined
    const bytes = this.buffer.subarray(this.start, this.start + length)
    this.start += length
    this.position += length
    return bytes
  }

  /** Passes over `length` bytes, however many; false when fewer were left. */
  skip(length: number): boolean {
    while (length > 0) {
      if (this.start === this.end && !this.fill()) return false
      const step = Math.min(length, this.end - this.start)
      this.start += step
      this.position += step
      length -= step
    }
    return true
  }

  isAtEnd(): boolean {
    return this.start === this.end && !this.fill()
  }

  /** Reads more behind what is there; false at the end of the file. */
  private fill(): boolean {
    if (this.start > 0) {
      this.buffer.copyWithin(0, this.start, this.end)
      this.end -= this.start
      this.start = 0
    }
    const read = readSync(this.file, this.buffer, this.end, this.buffer.length - this.end, null)
    this.end += read
    return read > 0
  }
}
