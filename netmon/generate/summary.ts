// What a run sent, for people and for programs.

import { type Protocol, protocols } from './options.ts'
import type { GenerateSummary } from './run.ts'
import { sumTallies, type Tally, type Totals } from './tally.ts'

/** JSON on one line: snake_case names, estimates as decimal strings since they may pass 2^53. */
export function formatJson(summary: GenerateSummary): string {
  const { target, routers, totals, announced, failed } = summary
  return JSON.stringify({
    outcome: summary.outcome,
    target,
    elapsed_seconds: Number((summary.elapsedMs / 1000).toFixed(3)),
    first_flow: summary.firstFlow ?? null,
    last_flow: summary.lastFlow ?? null,
    totals: jsonOfTotals(totals),
    announced: jsonOfTotals(announced),
    protocols: Object.fromEntries(
      byProtocol(routers).map(([protocol, tallies]) => [
        protocol,
        jsonOfTotals(sumTallies(tallies)),
      ]),
    ),
    routers: routers.map(jsonOfRouter),
    failed,
  })
}

function jsonOfTotals({ estimatedBytes, estimatedPackets, ...counts }: Totals) {
  return {
    ...counts,
    estimated_bytes: String(estimatedBytes),
    estimated_packets: String(estimatedPackets),
  }
}

function jsonOfRouter({ router, ...counts }: Tally) {
  return {
    address: router.address,
    agent: router.agent ?? null,
    protocol: router.protocol,
    sampling_rate: router.samplingRate,
    announced_sampling_rate: router.announces ? router.samplingRate : null,
    ...counts,
  }
}

export function formatText(summary: GenerateSummary): string {
  const { target, routers, totals, announced, failed, firstFlow, lastFlow } = summary
  const seconds = summary.elapsedMs / 1000
  const lines = [
    ...table([
      ['router', 'agent', 'protocol', 'announces', 'datagrams', 'flows', 'packets', 'bytes'],
      ...routers.map(({ router, ...counts }) => [
        router.address,
        router.agent ?? '-',
        router.protocol,
        router.announces ? `1 in ${router.samplingRate}` : 'nothing',
        ...countCells(counts),
      ]),
      ...byProtocol(routers).map(([protocol, tallies]) => [
        `all ${protocol}`,
        '',
        '',
        '',
        ...countCells(sumTallies(tallies)),
      ]),
      ['total', '', '', '', ...countCells(totals)],
    ]),
    '',
    `${endings[summary.outcome]} after ${seconds.toFixed(1)} s, ${Math.round(totals.flows / Math.max(seconds, 1e-3))} flows/s, to ${target.host} port ${target.port}`,
    `flow numbers: ${firstFlow === undefined ? 'none' : `${firstFlow} to ${lastFlow}`}`,
    `times the sampling rate: ${totals.estimatedPackets} packets, ${totals.estimatedBytes} bytes`,
    `of that from routers that announce it: ${announced.estimatedPackets} packets, ${announced.estimatedBytes} bytes`,
  ]
  if (failed.datagrams > 0) {
    const reasons = Object.entries(failed.reasons).map(([reason, count]) => `${reason} ${count}`)
    lines.push(
      `NOT sent, and not counted above: ${failed.datagrams} datagrams, ${failed.flows} flows (${reasons.join(', ')})`,
    )
  }
  return lines.join('\n')
}

const endings = {
  completed: 'completed',
  stopped: 'stopped',
  late: 'gave up because this machine fell behind the minutes of the flood',
} as const

function countCells({ datagrams, flows, packets, bytes }: Omit<Tally, 'router'>): string[] {
  return [datagrams, flows, packets, bytes].map(String)
}

function byProtocol(routers: readonly Tally[]): [Protocol, Tally[]][] {
  return protocols
    .map((protocol): [Protocol, Tally[]] => [
      protocol,
      routers.filter((tally) => tally.router.protocol === protocol),
    ])
    .filter(([, tallies]) => tallies.length > 0)
}

/** Lines with aligned columns: the first four to the left, counts to the right. */
function table(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column < 4 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  '),
  )
}
