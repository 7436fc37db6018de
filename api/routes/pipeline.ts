// /pipeline: is everything received and stored, and if there is no data, why.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { collectorSchema, readCollectors } from '../../rules/exporters/collectors.ts'
import { read } from '../../rules/traffic/query.ts'
import { version } from '../../runtime/version.ts'
import type { StoreClient } from '../../schema/client.ts'
import { json, success, successSchema } from '../envelope.ts'
import { failures } from '../failures.ts'
import { kafkaSchema, readKafkaReaders } from '../kafka-readers.ts'
import type { Storage } from '../periodic/retention.ts'
import { diagnose, pipelineStates } from '../pipeline.ts'
import { shownStorage, storageSchema } from './health.ts'

const hours = 24

const pipeline = createRoute({
  method: 'get',
  path: '/pipeline',
  summary: 'Is everything received and stored, and if there is no data, why',
  responses: {
    200: json(
      'What the collectors of the last day tell.',
      successSchema(
        z.object({
          state: z.enum(pipelineStates),
          /** What that means, and what to do. */
          message: z.string(),
          /** When the newest datagram came. */
          last_heard: z.iso.datetime().nullable(),
          collectors: z.array(collectorSchema),
          storage: storageSchema.nullable(),
          /** Null where collectors write to the store themselves. */
          kafka: kafkaSchema.nullable(),
          /** Of this software, of Node.js under the API, of ClickHouse. */
          versions: z.object({ netmon: z.string(), node: z.string(), store: z.string() }),
        }),
      ),
    ),
    ...failures(503),
  },
})

export interface PipelineDependencies {
  store: StoreClient
  storage: () => Storage | undefined
  now: () => number
}

export function pipelineRoutes({ store, storage, now }: PipelineDependencies): OpenAPIHono {
  const app = new OpenAPIHono()
  app.openapi(pipeline, async (c) => {
    const nowMs = now()
    const collectors = readCollectors(store, hours, nowMs)
    const [told, lastHeardMs, kafka, storeVersion] = await Promise.all([
      collectors,
      readLastHeard(store, nowMs - hours * 3_600_000),
      collectors.then((known) => readKafkaReaders(store, known, nowMs)),
      readStoreVersion(store),
    ])
    const result = {
      ...diagnose(told, lastHeardMs, nowMs),
      last_heard: lastHeardMs === undefined ? null : new Date(lastHeardMs).toISOString(),
      collectors: told,
      storage: shownStorage(storage()),
      kafka,
      versions: { netmon: version, node: process.versions.node, store: storeVersion },
    }
    return c.json(success(result), 200)
  })
  return app
}

async function readStoreVersion(store: StoreClient): Promise<string> {
  const [row] = await read<{ version: string }>(store, 'SELECT version() AS version')
  return row?.version ?? ''
}

async function readLastHeard(store: StoreClient, fromMs: number): Promise<number | undefined> {
  const [row] = await read<{ last_ms: string }>(
    store,
    `SELECT toString(toUnixTimestamp64Milli(max(last_seen))) AS last_ms
    FROM status
    WHERE kind = 'exporter' AND time > fromUnixTimestamp64Milli({from_ms:Int64})`,
    { from_ms: fromMs },
  )
  const lastMs = Number(row?.last_ms ?? 0)
  return lastMs > 0 ? lastMs : undefined
}
