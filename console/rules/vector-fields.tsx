// Which kinds of packets an advanced_ddos rule watches, and how much of each is worth a look at all.

import { floorOf, type Vector, vectors } from '../../rules/ddos/vectors.ts'
import type { Problem } from '../../rules/problem.ts'
import { formatAmount } from '../format.ts'
import { problemsOf } from '../parts/field.tsx'
import { Notes } from '../parts/notes.tsx'
import { TableBox } from '../parts/table-box.tsx'
import type { RuleDraft, VectorDraft } from './draft.ts'

const floors = [
  ['bandwidth_floor', 'Bandwidth', 'bit/s', 'bps'],
  ['packet_floor', 'Packets', 'packets/s', 'pps'],
  ['flow_floor', 'Flows', 'flows/s', 'fps'],
] as const

export function VectorFields(props: {
  value: RuleDraft['vectors']
  problems: readonly Problem[]
  onValue(value: RuleDraft['vectors']): void
}) {
  const { value, problems, onValue } = props
  const change = (vector: Vector, changes: Partial<VectorDraft>) =>
    onValue({ ...value, [vector]: { ...value[vector], ...changes } })
  const isChanged = Object.values(value).some(
    ({ enabled, ...texts }) => !enabled || Object.values(texts).some((text) => text !== ''),
  )
  return (
    <details open={isChanged || problems.length > 0}>
      <summary>Kinds of packets, and their floors</summary>
      <p class="hint">
        Less than its floor is never an attack, whatever was usual before. What is empty is as
        written in grey.
      </p>
      {problems.length > 0 && (
        <div class="problems" role="alert">
          <Notes
            texts={problems.map(({ message, source }) => `${nameOf(source.pointer)}${message}`)}
          />
        </div>
      )}
      <TableBox>
        <table class="vectors">
          <caption class="hidden">Vectors and their floors</caption>
          <thead>
            <tr>
              <th scope="col">Vector</th>
              <th scope="col">Watched</th>
              {floors.map(([name, title, unit]) => (
                <th scope="col" key={name}>
                  {title} <span class="muted">{unit}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {vectors.map((vector) => (
              <tr key={vector}>
                <th scope="row" class="mono">
                  {vector}
                </th>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Watch ${vector}`}
                    checked={value[vector].enabled}
                    onChange={(event) => change(vector, { enabled: event.currentTarget.checked })}
                  />
                </td>
                {floors.map(([name, title, , rate]) => (
                  <td key={name}>
                    <input
                      type="text"
                      inputMode="decimal"
                      autocomplete="off"
                      aria-label={`${title} of ${vector}`}
                      aria-invalid={problemsOf(problems, `vectors/${vector}/${name}`).length > 0}
                      disabled={!value[vector].enabled}
                      placeholder={usualFloor(vector, rate)}
                      value={value[vector][name]}
                      onInput={(event) => change(vector, { [name]: event.currentTarget.value })}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </details>
  )
}

function usualFloor(vector: Vector, rate: 'bps' | 'pps' | 'fps'): string {
  const floor = floorOf(vector, undefined)?.[rate]
  return floor === undefined ? 'none' : formatAmount(floor).replace(/\.0+(?= |$)/, '')
}

/** Of `/vectors/udp_ntp/packet_floor`: `udp_ntp: `. */
function nameOf(pointer: string): string {
  const vector = pointer.split('/')[2]
  return vector === undefined ? '' : `${vector}: `
}
