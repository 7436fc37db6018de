// How a value on the wire finds its way into a record.

import type { DataRecord } from './data-record.ts'

/** An integer, whatever its length on the wire: its low 32 bits. */
export type SetUint = (record: DataRecord, value: number) => void
/** The `length` bytes at `offset`, which are there; what `set` keeps it copies. */
export type SetBytes = (
  record: DataRecord,
  bytes: Uint8Array,
  offset: number,
  length: number,
) => void
