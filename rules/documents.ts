// Documents in insert-only tables (`routers`, `rules`, `tokens`): a change is a row with a higher version, a read takes the newest version of each id.

import type { z } from 'zod'
import type { StoreClient } from '../schema/client.ts'
import { askStore, StoreError } from './store-error.ts'

export type DocumentTable = 'routers' | 'rules' | 'silences' | 'tokens'

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
 * Adds a version of a document, `undefined` for its deletion, and reads back what the store then holds.
 * @throws StoreError also when that is something else: another writer is at work.
 */
export function writeDocument(
  client: StoreClient,
  table: DocumentTable,
  { id, version, doc }: Versioned<object | undefined>,
): Promise<void> {
  return askStore(async () => {
    const text = doc === undefined ? '' : JSON.stringify(doc)
    await client.insert({
      table,
      columns: ['id', 'version', 'deleted', 'doc'],
      values: [{ id, version, deleted: doc === undefined ? 1 : 0, doc: text }],
      format: 'JSONEachRow',
    })
    const result = await client.query({
      query: `SELECT toString(max(version)) AS newest, argMax(doc, version) AS newest_doc
        FROM {table:Identifier} WHERE id = {id:String}`,
      query_params: { table, id },
      format: 'JSONEachRow',
    })
    const [row] = await result.json<{ newest: string; newest_doc: string }>()
    if (row?.newest !== String(version) || row.newest_doc !== text) {
      throw new StoreError(`${table} ${id} was changed by another writer: only one API may write`)
    }
  })
}
