import type { Evidence } from '../../rules/evidence/evidence.ts'
import { listed } from '../traffic/names.ts'
import { portName } from '../traffic/port-names.ts'
import type { NameLists } from './lists.ts'

/** Evidence is kept as it was found; what its keys are called is looked up when it is shown. */
export function withNames(evidence: Evidence, lists: NameLists): Evidence {
  const nameOf = (dimension: string, key: string) =>
    dimension.endsWith('_port') ? (portName(Number(key)) ?? null) : listed(dimension, key, lists)
  const top = Object.entries(evidence.top).map(([dimension, shares]) => [
    dimension,
    shares.map((share) => ({ ...share, name: share.name ?? nameOf(dimension, share.key) })),
  ])
  return { ...evidence, top: Object.fromEntries(top) }
}
