// /health: can the API do its work, and which collectors are at theirs.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { isLive, newestRuns } from '../../rules/traffic/minutes.ts'
import { readAppliedMigrations, readCollectorRuns } from '../../rules/traffic/query.ts'
import { version } from '../../runtime/version.ts'
import type { StoreClient } from '../../schema/client.ts'
import { needs } from '../access/roles.ts'
import { failure, json, success, successSchema } from '../envelope.ts'
import { failures } from '../failures.ts'
import type { Storage } from '../periodic/retention.ts'
import { missingMigrations } from './ready.ts'

export const storageSchema = z.object({
  /** Of all tables on disk. */
  bytes: z.number(),
  budget_bytes: z.number().nullable(),
  /** From the oldest flow to now. */
  days_kept: z.number(),
  /** Until the oldest day makes room; null without a budget. */
  days_left: z.number().nullable(),
})

/** A collector that is silent for longer is not told of. */
const heardWithinMs = 2 * 3_600_000

const healthSchema = z.object({
  /** Of this software. */
  version: z.string(),
  /** Of the database. */
  migrations: z.number(),
  collectors: z.array(
    z.object({
      name: z.string(),
      /** False when it has not told its status for a minute. */
      live: z.boolean(),
      started: z.iso.datetime(),
      last_status: z.iso.datetime(),
      /** All that it received before this is stored. */
      watermark: z.iso.datetime(),
    }),
  ),
  /** Null until it is known. */
  storage: storageSchema.nullable(),
  /** What is told here is played by `netmon up --demo`. */
  demo: z.boolean(),
})

const health = createRoute({
  method: 'get',
  path: '/health',
  ...needs('public'),
  summary: 'Is the store there, is its database up to date, and which collectors are live',
  responses: { 200: json('The API can work.', successSchema(healthSchema)), ...failures(503) },
})

export interface HealthDependencies {
  store: StoreClient
  /** How many migrations this version has. */
  migrations: number
  /** What the tables take, when that is known. */
  storage: () => Storage | undefined
  now: () => number
  /** By default it is no demo. */
  isDemo?: boolean
}

export function healthRoutes(dependencies: HealthDependencies): OpenAPIHono {
  const { store, migrations, storage, now, isDemo = false } = dependencies
  const app = new OpenAPIHono()
  app.openapi(health, async (c) => {
    const applied = await readAppliedMigrations(store)
    if (applied < migrations) return c.json(failure(missingMigrations(applied, migrations)), 503)
    const runs = await readCollectorRuns(store, now() - heardWithinMs)
    const collectors = newestRuns(runs).map((run) => ({
      name: run.collector,
      live: isLive(run, now()),
      started: new Date(run.startedMs).toISOString(),
      last_status: new Date(run.lastStatusMs).toISOString(),
      watermark: new Date(run.watermarkMs).toISOString(),
    }))
    return c.json(
      success({
        version,
        migrations: applied,
        collectors,
        storage: shownStorage(storage()),
        demo: isDemo,
      }),
      200,
    )
  })
  return app
}

export function shownStorage(storage: Storage | undefined) {
  if (storage === undefined) return null
  return {
    bytes: storage.bytes,
    budget_bytes: storage.budgetBytes ?? null,
    days_kept: storage.daysKept,
    days_left: storage.daysLeft ?? null,
  }
}
