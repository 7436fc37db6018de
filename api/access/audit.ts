// The audit log: who wrote what. Two rows tell of one write under one id. The first is stored before anything is done, and where it cannot be, nothing is; the
// second, when the answer is known, takes its place. So no write is missing: one whose end was not stored, because the process or the store went
// away, stays with status 0, "not known how it ended".

import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { askStore } from '../../rules/store-error.ts'
import type { StoreClient } from '../../schema/client.ts'
import { createBatches } from './batches.ts'

/** Longer documents, as of a bulk write, are kept by their length and digest. */
export const longestDocument = 262_144

/** One write, as it is shown. */
export const auditEntrySchema = z.object({
  id: z.string(),
  time: z.iso.datetime(),
  request_id: z.string(),
  /** Name of a token, or `anonymous`. */
  caller: z.string(),
  role: z.string(),
  address: z.string(),
  method: z.string(),
  path: z.string(),
  /** Of the answer; null: it is not known how it ended. */
  status: z.int().nullable(),
  /** Of what was written, when it has one. */
  document_id: z.string().nullable(),
  /** The document without secrets, where the route tells it. */
  before: z.unknown(),
  /** What was answered, without secrets. */
  after: z.unknown(),
})
export type AuditEntry = z.infer<typeof auditEntrySchema>

/** What is known of a write before it is done. */
export type BegunWrite = Pick<
  AuditEntry,
  'request_id' | 'caller' | 'role' | 'address' | 'method' | 'path'
>

export interface AuditQuestion {
  fromMs: number
  toMs: number
  caller: string | undefined
  limit: number
  /** Only what is older than this entry. */
  before: { timeMs: number; id: string } | undefined
}

/** All functions throw StoreError when the store does not answer. */
export interface Audit {
  /** Returns what stores how it ended. */
  begin(
    write: BegunWrite,
  ): Promise<
    (end: Pick<AuditEntry, 'status' | 'document_id' | 'before' | 'after'>) => Promise<void>
  >
  /** Newest first. */
  read(question: AuditQuestion): Promise<AuditEntry[]>
}

/** What a row does not have is empty. */
const columns: [string, ...string[]] = [
  'id',
  'time',
  'phase',
  'request_id',
  'caller',
  'role',
  'address',
  'method',
  'path',
  'status',
  'document_id',
  'before',
  'after',
]

/** Of one insert; each has two documents at most. */
const mostRows = 32

export function createAudit(client: StoreClient, now: () => number): Audit {
  const insert = createBatches(
    (rows: readonly Record<string, unknown>[]) =>
      askStore(async () => {
        await client.insert({ table: 'audit', columns, values: [...rows], format: 'JSONEachRow' })
      }),
    mostRows,
  )

  return {
    async begin(write) {
      const row = { id: randomUUID(), time: (now() / 1000).toFixed(3), ...write }
      await insert({ ...row, phase: 1 })
      return ({ status, document_id, before, after }) =>
        insert({
          ...row,
          phase: 2,
          status,
          document_id: document_id ?? '',
          before: before === undefined ? '' : JSON.stringify(before),
          after: after === undefined ? '' : JSON.stringify(after),
        })
    },

    read: ({ fromMs, toMs, caller, limit, before }) =>
      askStore(async () => {
        const result = await client.query({
          query: `SELECT id, toUnixTimestamp64Milli(time) AS time_ms, request_id, caller, role, address,
              method, path, status, document_id, before, after
            FROM audit FINAL
            WHERE time >= fromUnixTimestamp64Milli({from:Int64}) AND time < fromUnixTimestamp64Milli({to:Int64})
              AND ({every:Bool} OR caller = {caller:String})
              AND ({first:Bool} OR (time, id) < (fromUnixTimestamp64Milli({time:Int64}), {id:String}))
            ORDER BY time DESC, id DESC LIMIT {limit:UInt32}`,
          query_params: {
            from: fromMs,
            to: toMs,
            every: caller === undefined,
            caller: caller ?? '',
            first: before === undefined,
            time: before?.timeMs ?? 0,
            id: before?.id ?? '',
            limit,
          },
          format: 'JSONEachRow',
        })
        return (await result.json<Row>()).map(toEntry)
      }),
  }
}

interface Row extends BegunWrite {
  id: string
  time_ms: string | number
  status: number
  document_id: string
  before: string
  after: string
}

function toEntry({ time_ms, status, document_id, before, after, ...row }: Row): AuditEntry {
  return {
    ...row,
    time: new Date(Number(time_ms)).toISOString(),
    status: status === 0 ? null : status,
    document_id: document_id === '' ? null : document_id,
    before: before === '' ? null : JSON.parse(before),
    after: after === '' ? null : JSON.parse(after),
  }
}
