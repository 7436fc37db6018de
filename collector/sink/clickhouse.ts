// Segments into ClickHouse over HTTP, each as one INSERT whose deduplication token is the segment's name.

import { Readable } from 'node:stream'
import { ClickHouseError } from '@clickhouse/client'
import type { StoreClient } from '../../schema/client.ts'
import { flowSchema } from '../../schema/flow-schema.ts'
import type { Segment } from '../delivery/segment.ts'
import { SegmentRefused, type Sink } from './sink.ts'

/**
 * Answers that mean "this content, never": CANNOT_PARSE_*, INCORRECT_DATA, TYPE_MISMATCH, UNKNOWN_PROTOBUF_FORMAT, PROTOBUF_BAD_CAST,
 * VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE and their like (ClickHouse, src/Common/ErrorCodes.cpp).
 */
const refusals = new Set([
  '6',
  '26',
  '27',
  '32',
  '33',
  '38',
  '41',
  '53',
  '69',
  '72',
  '117',
  '321',
  '436',
  '444',
])

export function createClickHouseSink(client: StoreClient): Sink {
  /** The columns of `ingest` but the segment's name, as `input()` wants them; asked of the database once. */
  let columns: Promise<string> | undefined

  const readColumns = async (): Promise<string> => {
    const result = await client.query({
      query: `SELECT name, type FROM system.columns
        WHERE database = currentDatabase() AND table = 'ingest' AND name != 'segment' ORDER BY position`,
      format: 'JSONEachRow',
    })
    const rows = await result.json<{ name: string; type: string }>()
    if (rows.length === 0) throw new Error('the database has no table ingest: run `netmon migrate`')
    const structure = rows.map(({ name, type }) => `${name} ${type}`).join(', ')
    // It becomes part of a statement, where a parameter is not taken.
    if (!/^[\w(), ]+$/.test(structure))
      throw new Error(`unexpected columns of ingest: ${structure}`)
    return structure
  }

  const insert = async (
    query: string,
    parameters: Record<string, string>,
    segment: Segment,
    signal: AbortSignal,
  ) => {
    try {
      const { stream } = await client.exec({
        query,
        query_params: parameters,
        values: Readable.from(segment.payload, { objectMode: false }),
        abort_signal: signal,
        clickhouse_settings: {
          insert_deduplicate: 1,
          insert_deduplication_token: segment.name,
          deduplicate_blocks_in_dependent_materialized_views: 1,
          async_insert: 0,
          wait_end_of_query: 1,
          ...(segment.stream === 'flows' && {
            format_schema_source: 'string',
            format_schema: flowSchema,
            format_schema_message_name: 'FlowMessage',
          }),
        },
      })
      // The answer of an insert is empty; reading it to its end tells that it came whole.
      for await (const _ of stream);
    } catch (error) {
      if (error instanceof ClickHouseError && refusals.has(error.code)) {
        throw new SegmentRefused(error.message)
      }
      throw error
    }
  }

  return {
    async send(segment, signal) {
      if (segment.stream !== 'flows') {
        return insert(`INSERT INTO ${segment.stream} FORMAT JSONEachRow`, {}, segment, signal)
      }
      columns ??= readColumns()
      const structure = await columns.catch((error: unknown) => {
        columns = undefined
        throw error
      })
      return insert(
        `INSERT INTO ingest SELECT *, {segment:String} FROM input('${structure}') FORMAT Protobuf`,
        { segment: segment.name },
        segment,
        signal,
      )
    },
    async isStored({ name, flows }, signal) {
      const result = await client.query({
        query:
          'SELECT sum(flows) = {flows:UInt64} AND count() > 0 AS stored FROM segments WHERE name = {name:String}',
        query_params: { name, flows },
        format: 'JSONEachRow',
        abort_signal: signal,
      })
      const [row] = await result.json<{ stored: number }>()
      return row?.stored === 1
    },
    close: () => client.close(),
  }
}
