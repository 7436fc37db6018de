import type { Rule } from '../../rules/configuration/rule.ts'
import { useAsk } from '../ask.ts'
import { Asking } from '../parts/asking.tsx'
import { Flash } from '../parts/flash.tsx'
import { TableBox } from '../parts/table-box.tsx'
import { Text } from '../parts/text.tsx'
import { Page } from '../shell/page.tsx'
import { limitsOf, typeNames } from './describe.ts'

export function RulesPage() {
  const rules = useAsk<Rule[]>('/rules')
  return (
    <Page
      title="Rules"
      lead="Which prefixes are watched, and what makes their traffic worth an alert."
      actions={
        <a class="button primary" href="/console/rules/new">
          Add a rule
        </a>
      }
    >
      <Flash />
      <Asking asked={rules}>
        {(list) =>
          list.length === 0 ? (
            <div class="empty">
              <p>No rule is entered yet.</p>
              <p>
                Begin with a threshold rule for your own prefixes. Its page shows when it would have
                been crossed, and which limits suit it.
              </p>
            </div>
          ) : (
            <RuleTable rules={list} />
          )
        }
      </Asking>
    </Page>
  )
}

function RuleTable({ rules }: { rules: readonly Rule[] }) {
  return (
    <TableBox>
      <table>
        <caption class="hidden">Rules</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Type</th>
            <th scope="col">Prefixes</th>
            <th scope="col">Direction</th>
            <th scope="col">Limits</th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <tr key={rule.id}>
              <th scope="row">
                <a href={`/console/rules/${rule.id}`}>
                  <Text value={rule.name} />
                </a>
              </th>
              <td>{typeNames[rule.type]}</td>
              <td class="mono">
                {rule.prefixes[0]}
                {rule.prefixes.length > 1 && (
                  <span class="muted"> and {rule.prefixes.length - 1} more</span>
                )}
              </td>
              <td>{rule.direction}</td>
              <td>{limitsOf(rule)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  )
}
