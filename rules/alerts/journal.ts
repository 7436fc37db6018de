// What has been decided, in the store: one row an evaluation, of which the newest is all that the next one goes on from.

import type { StoreClient } from '../../schema/client.ts'
import { askStore } from '../store-error.ts'
import { secondsText } from '../time.ts'
import { read } from '../traffic/query.ts'
import type { ToldEvent } from './decide.ts'
import type { AlertState } from './state.ts'

export interface Evaluation {
  /** One more than that of the evaluation before. */
  number: number
  /** The newest minute that was judged. */
  minute: number
  /** Who wrote it. */
  run: string
  decidedAtMs: number
  states: AlertState[]
  /** Of this evaluation. */
  events: ToldEvent[]
}

/** The newest; undefined before the first. @throws StoreError */
export async function readEvaluation(client: StoreClient): Promise<Evaluation | undefined> {
  const [row] = await read<{
    number: string
    minute: number
    run: string
    decided_at_ms: string
    states: string
    events: string
  }>(
    client,
    `SELECT toString(number) AS number, toUnixTimestamp(minute) AS minute, run,
      toString(toUnixTimestamp64Milli(decided_at)) AS decided_at_ms, states, events
    FROM alert_evaluations AS e WHERE name = {name:String} ORDER BY e.number DESC LIMIT 1`,
    { name },
  )
  if (row === undefined) return undefined
  return {
    number: Number(row.number),
    minute: row.minute,
    run: row.run,
    decidedAtMs: Number(row.decided_at_ms),
    states: JSON.parse(row.states) as AlertState[],
    events: JSON.parse(row.events) as ToldEvent[],
  }
}

/**
 * Adds it, unless another evaluator has added one of this number: the number is the token by which the store takes an insert once, so
 * that of two the first one counts. Answers which one did.
 * @throws StoreError
 */
export async function appendEvaluation(
  client: StoreClient,
  { number, minute, run, decidedAtMs, states, events }: Evaluation,
): Promise<Evaluation | undefined> {
  await askStore(() =>
    client.insert({
      table: 'alert_evaluations',
      values: [
        {
          name,
          number,
          minute,
          run,
          decided_at: secondsText(decidedAtMs),
          states: JSON.stringify(states),
          events: JSON.stringify(events),
        },
      ],
      format: 'JSONEachRow',
      clickhouse_settings: { insert_deduplication_token: `${name}/${number}` },
    }),
  )
  return readEvaluation(client)
}

const name = 'alerts'
