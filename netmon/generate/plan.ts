// Which router exports which flow in which datagram, and what that comes to. All of it follows from the options alone.

import type { ExportedFlow } from '../../exporter/flow.ts'
import { flowNumberCount } from '../../exporter/numbering.ts'
import { createFlood } from './flood.ts'
import { type GenerateOptions, type RunOptions, resolveOptions } from './options.ts'
import { planRouters, type Router } from './routers.ts'
import { createFlowSlot, type Scenario } from './scenario.ts'
import { createSteady } from './steady.ts'
import { addDatagram, createTally, type Tally } from './tally.ts'

/** The flows of one datagram: `count` of them, from number `first` on. */
export interface Batch {
  readonly first: number
  readonly count: number
  readonly router: Router
}

export interface Plan {
  readonly options: RunOptions
  readonly scenario: Scenario
  readonly routers: readonly Router[]
  /** How many flows there are at most: a run without an end of its own ends when the numbers do. */
  readonly flows: number
  /** The batch that begins with this number, or contains it. */
  batchOf(number: number): Batch
}

/** @throws UserError (exit code 2) for options that cannot be run. */
export function createPlan(given: GenerateOptions): Plan {
  const options = resolveOptions(given)
  const routers = planRouters(options)
  const scenario = options.flood ? createFlood(options, options.flood) : createSteady(options)

  // The routers take turns, each with one datagram. A round is the flows of all routers' datagrams; each group begins a new one.
  const turns = routers.flatMap((router) =>
    Array.from({ length: router.flowsPerDatagram }, (_, place) => ({ router, place })),
  )
  const flows = Math.min(scenario.flows, flowNumberCount)

  function batchOf(number: number): Batch {
    const group = scenario.groupFlows === Infinity ? 0 : Math.floor(number / scenario.groupFlows)
    const groupStart = group === 0 ? 0 : group * scenario.groupFlows
    const { router, place } = turns[(number - groupStart) % turns.length]!
    const first = number - place
    const end = Math.min(first + router.flowsPerDatagram, groupStart + scenario.groupFlows, flows)
    return { first, count: end - first, router }
  }

  return { options, scenario, routers, flows, batchOf }
}

/**
 * The flow of one number as it will be exported, and by whom. Its times are relative to the export: zero is the moment it leaves.
 * @throws RangeError for a number the run does not have.
 */
export function expectedFlow(
  given: GenerateOptions,
  number: number,
): { flow: ExportedFlow; router: Router } {
  const plan = createPlan(given)
  if (!Number.isInteger(number) || number < 0 || number >= plan.flows) {
    throw new RangeError(`the run has no flow ${number}`)
  }
  const { router } = plan.batchOf(number)
  return { flow: plan.scenario.fill(createFlowSlot(), number, router, 0), router }
}

/**
 * Exactly what a run sends when nothing stops it: datagrams, flows, bytes and packets of each router.
 * @throws RangeError for a run without an end of its own.
 */
export function planRun(given: GenerateOptions): Tally[] {
  const { scenario, routers, batchOf } = createPlan(given)
  if (scenario.flows === Infinity) throw new RangeError('the run has no end of its own')
  const tallies = routers.map(createTally)
  const slot = createFlowSlot()
  let number = 0
  while (number < scenario.flows) {
    const { count, router } = batchOf(number)
    let bytes = 0
    let packets = 0
    for (const end = number + count; number < end; number++) {
      const flow = scenario.fill(slot, number, router, 0)
      bytes += Number(flow.bytes)
      packets += Number(flow.packets)
    }
    addDatagram(tallies[router.index]!, count, bytes, packets)
  }
  return tallies
}
