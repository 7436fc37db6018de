// Documents in insert-only tables (`routers`, `rules`, `tokens`): a change is a row with a higher version, a read takes the newest version of each id.

import type { z } from 'zod'
import type { StoreClient } from '../../schema/client.ts'
import { askStore, StoreError } from '../store-error.ts'

export type DocumentTable = 'account' | 'channels' | 'routers' | 'rules' | 'silences' | 'tokens'

export interface Versioned<T> {
  id: string
  version: number
  doc: T
}

/** Every document of a table that is not deleted, or that of one id. Fields that the schema does not know are left out. @throws StoreError */
export function readDocuments<T>(
  client: StoreClient,
  table: DocumentTable,
  schema: z.ZodType<T>,
  id?: string,
): Promise<Versioned<T>[]> {
  return askStore(async () => {
    const result = await client.query({
      query: `SELECT id, toString(version) AS version, doc FROM {table:Identifier} FINAL
        WHERE {all:Bool} OR id = {id:String} ORDER BY id`,
      query_params: { table, all: id === undefined, id: id ?? '' },
      format: 'JSONEachRow',
    })
    const rows = await result.json<{ id: string; version: string; doc: string }>()
    return rows.map((row) => ({
      id: row.id,
      version: Number(row.version),
      doc: schema.parse(JSON.parse(row.doc)),
    }))
  })
}

/**
 * Adds versions of documents, `undefined` for a deletion, all or none, and reads back what the store then holds.
 * @throws StoreError also when that is something else: another writer is at work.
 */
export function writeDocuments(
  client: StoreClient,
  table: DocumentTable,
  changes: readonly Versioned<object | undefined>[],
): Promise<void> {
  return askStore(async () => {
    const rows = changes.map(({ id, version, doc }) => ({
      id,
      version,
      deleted: doc === undefined ? 1 : 0,
      doc: doc === undefined ? '' : JSON.stringify(doc),
    }))
    const [only] = rows
    if (only === undefined) return
    await client.insert({
      table,
      columns: ['id', 'version', 'deleted', 'doc'],
      values: rows,
      format: 'JSONEachRow',
    })
    const result = await client.query({
      query: `SELECT id, toString(max(version)) AS newest, argMax(doc, version) AS newest_doc
        FROM {table:Identifier} WHERE {all:Bool} OR id = {id:String} GROUP BY id`,
      // The ids of many would not fit into a request's line.
      query_params: { table, all: rows.length > 1, id: only.id },
      format: 'JSONEachRow',
    })
    const held = await result.json<{ id: string; newest: string; newest_doc: string }>()
    const newest = new Map(held.map((row) => [row.id, row]))
    for (const { id, version, doc } of rows) {
      const row = newest.get(id)
      if (row?.newest !== String(version) || row.newest_doc !== doc) {
        throw new StoreError(`${table} ${id} was changed by another writer: only one API may write`)
      }
    }
  })
}

/** As `writeDocuments`, of one. */
export function writeDocument(
  client: StoreClient,
  table: DocumentTable,
  change: Versioned<object | undefined>,
): Promise<void> {
  return writeDocuments(client, table, [change])
}
