// Silences: which alerts nobody is told of, why, and for how long.

import type { Silence } from '../../rules/alerts/silence.ts'
import type { Rule } from '../../rules/configuration/rule.ts'
import { useAsk } from '../ask.ts'
import { formatExactly, formatMoment } from '../format.ts'
import { Asking } from '../parts/asking.tsx'
import { DeleteButton } from '../parts/delete-button.tsx'
import { TableBox } from '../parts/table-box.tsx'
import { Text } from '../parts/text.tsx'
import { Page } from '../shell/page.tsx'
import { SilenceForm } from './silence-form.tsx'

const groups = [
  ['active', 'Active'],
  ['coming', 'Coming'],
  ['past', 'Past'],
] as const
type State = (typeof groups)[number][0]

export function stateOf({ starts_at, ends_at }: Silence, nowMs: number): State {
  if (Date.parse(ends_at) <= nowMs) return 'past'
  return Date.parse(starts_at) > nowMs ? 'coming' : 'active'
}

export function SilencesPage() {
  const silences = useAsk<Silence[]>('/silences', { everyMs: 30_000 })
  const rules = useAsk<Rule[]>('/rules')
  const known = rules.answer?.result ?? []
  const nowMs = Date.now()
  return (
    <Page
      title="Silences"
      lead="No notifications for some time. The alerts themselves are raised, kept and shown all the same."
    >
      <Asking asked={silences}>
        {(list) => (
          <>
            {groups.map(([state, title]) => {
              const ofState = list.filter((silence) => stateOf(silence, nowMs) === state)
              if (ofState.length === 0) return null
              return (
                <section key={state}>
                  <h2>{title}</h2>
                  <SilenceTable
                    title={title}
                    silences={ofState}
                    rules={known}
                    onEnded={state === 'past' ? undefined : silences.again}
                  />
                </section>
              )
            })}
            {list.length === 0 && (
              <div class="empty">
                <p>No silence: every alert is notified.</p>
              </div>
            )}
          </>
        )}
      </Asking>
      <section>
        <h2>Add a silence</h2>
        <SilenceForm rules={known} onAdded={silences.again} />
      </section>
    </Page>
  )
}

function SilenceTable(props: {
  title: string
  silences: readonly Silence[]
  rules: readonly Rule[]
  /** Undefined where there is nothing left to end. */
  onEnded: (() => void) | undefined
}) {
  const { title, silences, rules, onEnded } = props
  return (
    <TableBox>
      <table>
        <caption class="hidden">{title} silences</caption>
        <thead>
          <tr>
            <th scope="col">Of</th>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">Reason</th>
            <th scope="col">Author</th>
            {onEnded !== undefined && (
              <th scope="col">
                <span class="hidden">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {silences.map((silence) => (
            <tr key={silence.id}>
              <th scope="row">
                <Text value={subjectOf(silence, rules)} />
              </th>
              <td>
                <Moment time={silence.starts_at} />
              </td>
              <td>
                <Moment time={silence.ends_at} />
              </td>
              <td>
                <Text value={silence.reason} />
              </td>
              <td>
                <Text value={silence.author} />
              </td>
              {onEnded !== undefined && (
                <td class="end">
                  <DeleteButton
                    path={`/silences/${encodeURIComponent(silence.id)}`}
                    verb="End"
                    question="End this silence?"
                    consequence="It is deleted. What still fires is notified within a minute."
                    onDeleted={onEnded}
                  />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  )
}

function Moment({ time }: { time: string }) {
  const ms = Date.parse(time)
  return (
    <time dateTime={time} title={formatExactly(ms)}>
      {formatMoment(ms)}
    </time>
  )
}

/** All that an alert must be: `web servers, inside 203.0.113.0/24, udp_dns`. */
function subjectOf(silence: Silence, rules: readonly Rule[]): string {
  const { rule_id, prefix, vector, severity } = silence
  const rule = rules.find(({ id }) => id === rule_id)
  return [
    rule_id !== null && (rule?.name ?? `rule ${rule_id}`),
    prefix !== null && `inside ${prefix}`,
    vector,
    severity,
  ]
    .filter((part) => typeof part === 'string')
    .join(', ')
}
