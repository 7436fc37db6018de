// One evaluation: every closed minute since the last one, judged, decided and recorded. The API does it as minutes close, the alert command when it is
// started; none of them waits for the other. What counts is the row that came first (journal.ts).

import { randomUUID } from 'node:crypto'
import type { StoreClient } from '../../schema/client.ts'
import { readDocuments } from '../documents.ts'
import { closedMinutes, newestMinute, runsReadMs } from '../minutes.ts'
import { type CountedRule, readCollectorRuns, readCountedRules } from '../query.ts'
import { createSeriesReader, type ReadSeries } from '../series-values.ts'
import { type Decision, decide, decideBlind, type People } from './decide.ts'
import { trackedKey } from './identity.ts'
import { appendEvaluation, type Evaluation, readEvaluation } from './journal.ts'
import { judgeMinutes } from './judge.ts'
import { readAcknowledged } from './people.ts'
import { record } from './record.ts'
import { RuleChanged } from './rule-changed.ts'
import { isSilencing, silenceSchema } from './silence.ts'
import { type AlertState, isOpen } from './state.ts'

export interface Advanced {
  /** The newest evaluation, whoever made it; undefined while nothing has been judged. */
  evaluation: Evaluation | undefined
  /** Why no minute can be judged now. */
  blind: string | undefined
  /** Alerts that there was no room for. */
  untracked: number
}

/** Minutes that are longer ago are not judged any more. */
const catchUpMinutes = 60

/** Evaluates when it is called, at any time and however often. @throws StoreError */
export function createEvaluator(
  client: StoreClient,
  readSeries: ReadSeries = createSeriesReader(client),
): (nowMs: number) => Promise<Advanced> {
  let recorded: number | undefined
  return async (nowMs) => {
    const advanced = await advance(client, nowMs, recorded, readSeries)
    recorded = advanced.evaluation?.number
    return advanced
  }
}

/** `recorded` is the evaluation of which this process knows that all is written. */
async function advance(
  client: StoreClient,
  nowMs: number,
  recorded: number | undefined,
  readSeries: ReadSeries,
): Promise<Advanced> {
  const [newest, runs, rules] = await Promise.all([
    readEvaluation(client),
    readCollectorRuns(client, nowMs - runsReadMs),
    readCountedRules(client),
  ])
  // The run that decided it may have been cut off before all was written.
  if (newest !== undefined && newest.number !== recorded) await record(client, newest)

  const minutes = closedMinutes(runs, nowMs)
  const states = newest?.states ?? []
  if ('blind' in minutes) {
    const blind = isAnyCounted(rules, newestMinute(nowMs)) ? minutes.blind : undefined
    const untold = { evaluation: newest, blind, untracked: 0 }
    if (newest === undefined) return untold
    const people = await readPeople(client, states)
    const decision = decideBlind(states, newestMinute(nowMs), people)
    if (decision.events.length === 0) return untold
    const evaluation = await settle(client, newest, newest.minute, decision, nowMs)
    return { ...untold, evaluation }
  }

  const untold = { evaluation: newest, blind: undefined, untracked: 0 }
  const last = minutes.closed
  const oldest = last - 60 * (catchUpMinutes - 1)
  const first = newest === undefined ? last : Math.max(newest.minute + 60, oldest)
  if (first > last) return untold
  const { isKnown } = minutes
  const tracked = new Map(
    states.map((state) => [trackedKey(state.subject), isOpen(state)] as const),
  )
  try {
    const [{ judged, hostsLeftOut }, people] = await Promise.all([
      judgeMinutes(client, { rules, isKnown, first, last, tracked, readSeries }),
      readPeople(client, states),
    ])
    const decision = decide(states, rules, judged, { first, last }, people)
    const evaluation = await settle(client, newest, last, decision, nowMs)
    return { ...untold, evaluation, untracked: decision.untracked + hostsLeftOut }
  } catch (error) {
    // The next evaluation knows the rule as it is now.
    if (error instanceof RuleChanged) return untold
    throw error
  }
}

/** When every rule is younger than the newest minute, as after the very first start, there is nothing to be blind to. */
function isAnyCounted(rules: readonly CountedRule[], newest: number): boolean {
  return rules.some(({ series }) => series.some(({ countedFrom }) => countedFrom <= newest))
}

/** Makes the decision the newest evaluation, unless another one came first; records what counts. */
async function settle(
  client: StoreClient,
  before: Evaluation | undefined,
  minute: number,
  { states, events }: Decision,
  nowMs: number,
): Promise<Evaluation | undefined> {
  const number = (before?.number ?? 0) + 1
  const own = { number, minute, run: randomUUID(), decidedAtMs: nowMs, states, events }
  const newest = await appendEvaluation(client, own)
  if (newest !== undefined) await record(client, newest)
  return newest
}

async function readPeople(client: StoreClient, states: readonly AlertState[]): Promise<People> {
  const open = states.filter(isOpen).map(({ incident }) => incident.firedMinute)
  const [silences, acknowledged] = await Promise.all([
    readDocuments(client, 'silences', silenceSchema),
    open.length === 0 ? new Map<string, number>() : readAcknowledged(client, Math.min(...open)),
  ])
  return (subject, minute) =>
    ({ alertId, severity }) => ({
      silenced: silences.some(({ doc }) =>
        isSilencing(doc, subject, severity, (minute + 60) * 1000),
      ),
      acknowledged: (acknowledged.get(alertId) ?? Infinity) < (minute + 60) * 1000,
    })
}
