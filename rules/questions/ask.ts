// What people ask about a rule: when it would be crossed, why it is or is not, which limits suit it. Each is bounded in what it reads and judges.

import type { StoreClient } from '../../schema/client.ts'
import { parsePrefix } from '../configuration/prefix.ts'
import { countedPrefixes, type Rule, type RuleInput, ruleCodes } from '../configuration/rule.ts'
import { noSuch, Unacceptable } from '../problem.ts'
import { closedMinutes, newestMinute, runsReadMs } from '../traffic/minutes.ts'
import {
  type CountedRule,
  readCollectorRuns,
  readCountedFrom,
  readCountedRule,
} from '../traffic/query.ts'
import { type Series, seriesOf } from '../traffic/series.ts'
import { mostNamedPrefixes, type PrefixSource } from '../traffic/traffic.ts'
import { type Explanation, explain } from './explain.ts'
import { type Preview, preview } from './preview.ts'
import { judgeRange } from './range.ts'
import { type Suggestion, suggest } from './suggest.ts'

/** Per-prefix minutes are kept for as long. */
export const keptDays = 90
export const mostPreviewDays = 7
export const mostSuggestDays = 30
const mostPreviewedMinutes = 50_000
/** Each has limits by many vectors, which rest on more than a day. */
const mostDdosMinutes = 1_440
const mostExplainedMinutes = 10_000

/**
 * When a rule, stored or not, would have been crossed in the minutes that begin from `fromMs` on and before `toMs`, so far as they are closed, and what it
 * would have seen in them, in so many points of each series.
 * @throws Unacceptable, StoreError
 */
export async function askPreview(
  client: StoreClient,
  rule: RuleInput,
  { fromMs, toMs, points }: { fromMs: number; toMs: number; points: number },
  nowMs: number,
): Promise<{ preview: Preview; uncounted: string[] }> {
  if (rule.scope === 'per_host') throw hostsUnasked()
  const prefixes = countedPrefixes(rule)
  if (prefixes.length > mostNamedPrefixes) {
    throw tooMuch(`a preview takes at most ${mostNamedPrefixes} prefixes`, '/prefixes')
  }
  const countedFrom = await readCountedFrom(client)
  const series = seriesOf(rule, prefixes, countedFrom)
  const first = Math.ceil(fromMs / 60_000) * 60
  const last = Math.min(Math.ceil(toMs / 60_000) * 60 - 60, await newestClosed(client, nowMs))
  const asked = (series.length * (last - first)) / 60
  if (asked > mostPreviewedMinutes) {
    const message = `${series.length} prefixes and directions are too many for so long a time: at most ${mostPreviewedMinutes} minutes in all`
    throw tooMuch(message, '')
  }
  refuseUnjudged(rule, asked)
  const judged = await judgeRange(client, rule, series, { prefixes }, first, last)
  return {
    preview: preview(judged, {
      target: rule.zscore_target,
      from: first,
      to: last,
      mostPoints: points,
    }),
    uncounted: prefixes.filter((prefix) => !countedFrom.has(prefix)),
  }
}

/**
 * The verdicts of the newest closed minutes; of all that the rule judges by itself, or of one of its prefixes.
 * @throws Refused, Unacceptable, StoreError
 */
export async function askExplanation(
  client: StoreClient,
  id: string,
  { minutes, prefix }: { minutes: number; prefix: string | undefined },
  nowMs: number,
): Promise<{ rule: Rule; series: Explanation[] }> {
  const { rule, series: all } = await findRule(client, id)
  const series = prefix === undefined ? all : seriesOfPrefix(rule, all, prefix)
  refuseUnjudged(rule, series.length * minutes)
  if (series.length * minutes > mostExplainedMinutes) {
    const message = `${series.length} prefixes and directions are too many for ${minutes} minutes: ask for fewer minutes, or for one prefix`
    throw tooMuch(message, '')
  }
  const last = await newestClosed(client, nowMs)
  const first = last - 60 * (minutes - 1)
  const source: PrefixSource =
    prefix === undefined ? { ruleId: id } : { prefixes: series.flatMap((one) => one.prefixes) }
  const judged = await judgeRange(client, rule, series, source, first, last)
  return { rule, series: judged.map((one) => explain(one, rule.zscore_target)) }
}

/** Limits by the closed minutes of the last days. @throws Refused, StoreError */
export async function askSuggestion(
  client: StoreClient,
  id: string,
  days: number,
  nowMs: number,
): Promise<Suggestion> {
  const counted = await findRule(client, id)
  if (counted.rule.scope === 'per_host') throw hostsUnasked()
  const last = await newestClosed(client, nowMs)
  return suggest(client, counted, last - 60 * (days * 1440 - 1), last)
}

async function findRule(client: StoreClient, id: string): Promise<CountedRule> {
  const found = await readCountedRule(client, id)
  if (found === undefined) throw noSuch('rule')
  return found
}

/** Without a live collector the newest that is over: what is unknown of it is said. */
async function newestClosed(client: StoreClient, nowMs: number): Promise<number> {
  const minutes = closedMinutes(await readCollectorRuns(client, nowMs - runsReadMs), nowMs)
  return 'blind' in minutes ? newestMinute(nowMs) : minutes.closed
}

function seriesOfPrefix(rule: Rule, all: readonly Series[], text: string): Series[] {
  const canonical = parsePrefix(text)?.text
  const found = all.filter((series) => series.prefix === canonical && canonical !== undefined)
  if (found.length > 0) return found
  const message =
    rule.scope === 'rule'
      ? 'the prefixes of this rule are judged together, not one by one'
      : 'this is no prefix of the rule'
  throw new Unacceptable([{ code: ruleCodes.prefixes, message, source: { pointer: '' } }])
}

function refuseUnjudged({ type, scope }: Pick<Rule, 'type' | 'scope'>, minutes: number): void {
  if (scope === 'per_host') throw hostsUnasked()
  if (type !== 'advanced_ddos' || minutes <= mostDdosMinutes) return
  const message = `of an advanced_ddos rule at most ${mostDdosMinutes} minutes are judged at once, over all its prefixes: ask for fewer`
  throw tooMuch(message, '')
}

/** Minutes of every host are too many to go through for one answer. */
function hostsUnasked(): Unacceptable {
  const message =
    'hosts are judged as minutes close, not in retrospect: ask with scope rule or per_prefix, for instance about one host as a prefix'
  return new Unacceptable([{ code: ruleCodes.notJudged, message, source: { pointer: '/scope' } }])
}

function tooMuch(message: string, pointer: string): Unacceptable {
  return new Unacceptable([{ code: ruleCodes.tooMuch, message, source: { pointer } }])
}
