// Limits that suit what the prefixes of a rule had so far, and the way into the form.

import type { Rule } from '../../rules/configuration/rule.ts'
import type { Suggestion } from '../../rules/questions/suggest.ts'
import { useAsk } from '../ask.ts'
import { formatAmount } from '../format.ts'
import { Asking } from '../parts/asking.tsx'
import { Notes } from '../parts/notes.tsx'
import { TableBox } from '../parts/table-box.tsx'
import type { RuleDraft } from './draft.ts'

const rows = [
  ['bandwidth', 'Bandwidth', 'bit/s', 'bandwidth_threshold'],
  ['packets', 'Packets', 'p/s', 'packet_threshold'],
  ['flows', 'Flows', 'flows/s', 'flow_threshold'],
] as const

export function SuggestionCard(props: { rule: Rule; onUse(changes: Partial<RuleDraft>): void }) {
  const { rule, onUse } = props
  const asked = useAsk<Suggestion>(`/rules/${encodeURIComponent(rule.id)}/suggest`)
  return (
    <section class="card">
      <h2>Suggested limits</h2>
      <Asking asked={asked}>
        {(suggestion, { messages }) => (
          <>
            <TableBox>
              <table>
                <caption class="hidden">Suggested limits</caption>
                <thead>
                  <tr>
                    <th scope="col">Per second</th>
                    <th scope="col" class="number">
                      Peak minute
                    </th>
                    <th scope="col" class="number">
                      p99.9
                    </th>
                    <th scope="col" class="number">
                      Limit
                    </th>
                    <th scope="col">
                      <span class="hidden">Use it</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map(([metric, name, unit, field]) => {
                    const limit = suggestion.suggested[field]
                    const most = (which: 'max' | 'p999') =>
                      Math.max(0, ...suggestion.directions.map((one) => one[metric][which]))
                    return (
                      <tr key={metric}>
                        <th scope="row">{name}</th>
                        <td class="number">{formatAmount(most('max'), unit)}</td>
                        <td class="number">{formatAmount(most('p999'), unit)}</td>
                        <td class="number">{limit === null ? '–' : formatAmount(limit, unit)}</td>
                        <td class="end">
                          {limit !== null && (
                            <button
                              type="button"
                              class="small"
                              aria-label={`Use it for ${name}`}
                              onClick={() => onUse({ [field]: String(limit) })}
                            >
                              Use
                            </button>
                          )}
                        </td>
                      </tr>
                    )
                  })}
                </tbody>
              </table>
            </TableBox>
            <div class="hint">
              <Notes texts={messages.map(({ message }) => message)} />
            </div>
          </>
        )}
      </Asking>
    </section>
  )
}
