// One evaluation: every closed minute since the last one, judged, decided and recorded. The API does it as minutes close, the alert command when it is
// started; none of them waits for the other. What counts is the row that came first (journal.ts).

import { randomUUID } from 'node:crypto'
import type { StoreClient } from '../../schema/client.ts'
import { readDocuments } from '../configuration/documents.ts'
import { type CollectorRun, closedMinutes, newestMinute, runsReadMs } from '../traffic/minutes.ts'
import { type CountedRule, readCollectorRuns, readCountedRules } from '../traffic/query.ts'
import { createSeriesReader, type ReadSeries } from '../zscore/series-values.ts'
import { type Decision, decide, decideBlind, decideSources, type People } from './decide.ts'
import { trackedKey } from './identity.ts'
import { appendEvaluation, type Evaluation, readEvaluation } from './journal.ts'
import { judgeMinutes } from './judge.ts'
import { readAcknowledged } from './people.ts'
import { record } from './record.ts'
import { RuleChanged } from './rule-changed.ts'
import { isSilencing, silenceSchema } from './silence.ts'
import type { JudgedSources } from './sources.ts'
import { type AlertState, isOpen } from './state.ts'
import type { WatchSources } from './watch-sources.ts'

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

/**
 * Evaluates when it is called, at any time and however often. With `watchSources` it also tells of collectors and routers that are silent, which only who
 * runs all the time can.
 * @throws StoreError
 */
export function createEvaluator(
  client: StoreClient,
  readSeries: ReadSeries = createSeriesReader(client),
  watchSources: WatchSources = async () => undefined,
): (nowMs: number) => Promise<Advanced> {
  let recorded: number | undefined
  return async (nowMs) => {
    const advanced = await advance(client, nowMs, recorded, readSeries, watchSources)
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
  watchSources: WatchSources,
): Promise<Advanced> {
  const [newest, runs, rules] = await Promise.all([
    readEvaluation(client),
    readCollectorRuns(client, nowMs - runsReadMs),
    readCountedRules(client),
  ])
  // The run that decided it may have been cut off before all was written.
  if (newest !== undefined && newest.number !== recorded) await record(client, newest)

  const states = newest?.states ?? []
  let reading: Promise<People> | undefined
  const people = () => {
    reading ??= readPeople(client, states)
    return reading
  }
  const judged = await judgeRules(client, { newest, runs, rules, people, readSeries, nowMs })
  const { minute, blind, untracked } = judged
  // Before the first minute that was judged there is nothing to go on from.
  const sources = minute === undefined ? undefined : await watchSources(runs, states, nowMs)
  const decision =
    sources === undefined
      ? judged.decision
      : decideBoth(judged.decision, states, sources, await people())
  const isNews = minute !== newest?.minute || (decision?.events.length ?? 0) > 0
  if (minute === undefined || decision === undefined || !isNews) {
    return { evaluation: newest, blind, untracked: 0 }
  }
  return { evaluation: await settle(client, newest, minute, decision, nowMs), blind, untracked }
}

interface JudgedRules {
  /** The newest minute that is judged then; undefined when none ever was. */
  minute: number | undefined
  /** Undefined when nothing is new. */
  decision: Decision | undefined
  blind: string | undefined
  untracked: number
}

async function judgeRules(
  client: StoreClient,
  {
    newest,
    runs,
    rules,
    people,
    readSeries,
    nowMs,
  }: {
    newest: Evaluation | undefined
    runs: readonly CollectorRun[]
    rules: readonly CountedRule[]
    people: () => Promise<People>
    readSeries: ReadSeries
    nowMs: number
  },
): Promise<JudgedRules> {
  const minutes = closedMinutes(runs, nowMs)
  const states = newest?.states ?? []
  const untold = { minute: newest?.minute, decision: undefined, blind: undefined, untracked: 0 }
  if ('blind' in minutes) {
    const blind = isAnyCounted(rules, newestMinute(nowMs)) ? minutes.blind : undefined
    if (newest === undefined) return { ...untold, blind }
    return { ...untold, blind, decision: decideBlind(states, newestMinute(nowMs), await people()) }
  }

  const last = minutes.closed
  const oldest = last - 60 * (catchUpMinutes - 1)
  const first = newest === undefined ? last : Math.max(newest.minute + 60, oldest)
  if (first > last) return untold
  const { isKnown } = minutes
  const tracked = new Map(
    states.map((state) => [trackedKey(state.subject), isOpen(state)] as const),
  )
  try {
    const [{ judged, hostsLeftOut }, said] = await Promise.all([
      judgeMinutes(client, { rules, isKnown, first, last, tracked, readSeries }),
      people(),
    ])
    const decision = decide(states, rules, judged, { first, last }, said)
    const untracked = decision.untracked + hostsLeftOut
    return { minute: last, decision, blind: undefined, untracked }
  } catch (error) {
    // The next evaluation knows the rule as it is now.
    if (error instanceof RuleChanged) return untold
    throw error
  }
}

/** What rules make of it, and then what is heard of collectors and routers. */
function decideBoth(
  ofRules: Decision | undefined,
  states: readonly AlertState[],
  sources: JudgedSources & { minute: number },
  people: People,
): Decision {
  const both = decideSources(ofRules?.states ?? states, sources, people)
  return { ...both, events: [...(ofRules?.events ?? []), ...both.events] }
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
