import { describe, expect, test } from 'vitest'
import { decideSources } from '../../../rules/alerts/decide.ts'
import { type Heard, judgeSources, type Sources } from '../../../rules/alerts/sources.ts'
import type { AlertState } from '../../../rules/alerts/state.ts'

const noon = Date.UTC(2026, 10, 22, 12)
const minutes = (count: number) => count * 60_000

/** What is known at a time in minutes after noon: of collectors from when to when they ran, of routers when they were heard last, and by whom. */
interface Known {
  runs: Record<string, [from: number, last: number]>
  heard?: Record<string, [last: number, by: string]>
  routers?: readonly string[]
}

function sourcesOf({ runs, heard = {}, routers = Object.keys(heard) }: Known): Sources {
  return {
    runs: Object.entries(runs).map(([collector, [from, last]]) => ({
      collector,
      startedMs: noon + minutes(from),
      lastStatusMs: noon + minutes(last),
      watermarkMs: noon + minutes(last),
    })),
    routers: routers.map((router_ip) => ({
      id: router_ip,
      name: `r${router_ip.at(-1)}`,
      router_ip,
      default_sampling: 1,
    })),
    heard: Object.entries(heard).map(
      ([address, [last, collector]]): Heard => ({
        addresses: [address, '10.255.0.1'],
        collector,
        lastSeenMs: noon + minutes(last),
      }),
    ),
  }
}

/** `minute:event about what`, from the first moment on; 15 s after each minute, when it is over by the grace. */
function play(moments: readonly (readonly [minute: number, known: Known])[], watchedSince = -60) {
  let states: AlertState[] = []
  const told: string[] = []
  for (const [after, known] of moments) {
    const minute = (noon + minutes(after - 1)) / 1000
    const at = {
      minute,
      nowMs: noon + minutes(after) + 15_000,
      watchedSinceMs: noon + minutes(watchedSince),
    }
    const judged = judgeSources(sourcesOf(known), states, at)
    const nobody = () => () => ({ silenced: false, acknowledged: false })
    const decision = decideSources(states, { ...judged, minute }, nobody)
    states = decision.states
    told.push(...decision.events.map(({ event, alert }) => `${after}:${event} ${alert.key}`))
  }
  return { told, states }
}

describe('a collector', () => {
  test('that has told nothing for two minutes is silent, until it tells something', () => {
    const last = (told: number): Known => ({ runs: { edge: [-60, told] } })
    const { told } = play([
      [1, last(0)],
      [2, last(0)],
      [3, last(0)],
      [4, last(4)],
    ])
    expect(told).toEqual(['2:firing edge', '4:resolved edge'])
  })

  test('that was silent while nobody watched gets two minutes to tell something', () => {
    const last = (told: number): Known => ({ runs: { edge: [-60, told] } })
    const afterRestart: [number, Known][] = [
      [1, last(-30)],
      [2, last(-30)],
    ]
    expect(play([...afterRestart, [3, last(3)]], 0.9).told).toEqual([])
    expect(play([...afterRestart, [3, last(-30)]], 0.9).told).toEqual(['3:firing edge'])
  })

  test('that is not expected any more closes its alert', () => {
    const { told, states } = play([
      [5, { runs: { edge: [-60, 0], core: [-60, 5] } }],
      [6, { runs: { core: [-60, 6] } }],
    ])
    expect(told).toEqual(['5:firing edge', '6:resolved edge'])
    expect(states[0]?.incident).toMatchObject({ resolveReason: 'gone', severity: 'critical' })
  })
})

describe('a registered router', () => {
  const of = (last: number, heard: number): Known => ({
    runs: { edge: [-60, last] },
    heard: { '192.0.2.1': [heard, 'edge'] },
  })

  test('of which nothing came for ten minutes is silent, until something comes', () => {
    const { told, states } = play([
      [9, of(9, 0)],
      [10, of(10, 0)],
      [11, of(11, 0)],
      [12, of(12, 12)],
    ])
    expect(told).toEqual(['10:firing 192.0.2.1', '12:resolved 192.0.2.1'])
    expect(states[0]?.incident).toMatchObject({ startedMinute: noon / 1000, severity: 'high' })
  })

  test('is not said to be silent for what nobody could hear', () => {
    // Its collector runs for nine minutes, then for eleven.
    const young = (last: number): Known => ({
      runs: { edge: [0, last] },
      heard: { '192.0.2.1': [-30, 'edge'] },
    })
    expect(
      play([
        [9, young(9)],
        [11, young(11)],
      ]).told,
    ).toEqual(['11:firing 192.0.2.1'])
  })

  test('of which nobody ever heard is none that fell silent, nor is one that is not registered', () => {
    const known = of(30, 0)
    expect(play([[30, { ...known, routers: ['192.0.2.9'] }]]).told).toEqual([])
  })

  test('stays silent when it is so long ago that nothing tells of it any more, and is closed when it is deleted', () => {
    const runs = { edge: [-60, 90] } as const
    const { told } = play([
      [30, of(30, 0)],
      [89, { runs: { edge: [-60, 89] }, routers: ['192.0.2.1'] }],
      [90, { runs: { edge: [...runs.edge] }, routers: ['192.0.2.1'] }],
      [91, { runs: { edge: [-60, 91] }, routers: [] }],
    ])
    expect(told).toEqual([
      '30:firing 192.0.2.1',
      '90:still_firing 192.0.2.1',
      '91:resolved 192.0.2.1',
    ])
  })

  test('is not said to be silent while its collector is', () => {
    // It had been silent for ten minutes when its collector died, and nobody was watching.
    expect(play([[20, of(11, 0)]]).told).toEqual(['20:firing edge'])
  })

  test('is known by the address that its datagrams come from as well', () => {
    const known = of(10, 0)
    expect(play([[10, { ...known, routers: ['10.255.0.1'] }]]).told).toEqual([
      '10:firing 10.255.0.1',
    ])
  })
})

test('a collector that dies is one alert, not one for each of its exporters, which go on when it is back', () => {
  const addresses = Array.from({ length: 50 }, (_, n) => `192.0.2.${n}`)
  const known = (edge: [number, number], heard: number): Known => ({
    runs: { edge, core: [-60, edge[1] + 60] },
    heard: Object.fromEntries(addresses.map((address) => [address, [heard, 'edge']])),
  })
  const { told } = play([
    [1, known([-60, 1], 1)],
    [15, known([-60, 1], 1)],
    [30, known([-60, 1], 1)],
    // It has just begun anew, and has heard nobody yet.
    [31, known([31, 31], 1)],
    [32, known([31, 32], 32)],
  ])
  expect(told).toEqual(['15:firing edge', '31:resolved edge'])
})
