import { useState } from 'preact/hooks'
import { useAsk } from '../ask.ts'
import { navigate, useLocation } from '../location.ts'
import { Asking } from '../parts/asking.tsx'
import { Pager } from '../parts/pager.tsx'
import { Page } from '../shell/page.tsx'
import type { Alert } from './alert.ts'
import { AlertTable } from './alert-table.tsx'

const states = { open: 'Open', resolved: 'Past', all: 'All' } as const
type State = keyof typeof states

export function AlertsPage() {
  const { query } = useLocation()
  const asked = query.get('state') ?? ''
  const state: State = Object.hasOwn(states, asked) ? (asked as State) : 'open'
  return (
    <Page title="Alerts" lead="What crossed a rule, and what became of it.">
      <fieldset class="segments">
        <legend class="hidden">State</legend>
        {Object.entries(states).map(([name, title]) => (
          <button
            key={name}
            type="button"
            aria-pressed={state === name}
            onClick={() => navigate(`/console/alerts?state=${name}`)}
          >
            {title}
          </button>
        ))}
      </fieldset>
      <AlertPages key={state} state={state} />
    </Page>
  )
}

function AlertPages({ state }: { state: State }) {
  const [cursors, setCursors] = useState<readonly string[]>([])
  const question = new URLSearchParams({ state, limit: '50' })
  const cursor = cursors.at(-1)
  if (cursor !== undefined) question.set('cursor', cursor)
  const asked = useAsk<Alert[]>(`/alerts?${question}`, { everyMs: 10_000 })
  return (
    <Asking asked={asked}>
      {(alerts, answer) => (
        <>
          {alerts.length === 0 ? (
            <div class="empty">
              <p>{state === 'open' ? 'No alert is open.' : 'There is none.'}</p>
              <p>
                An alert opens when a <a href="/console/rules">rule</a> is crossed, and is kept for
                a year.
              </p>
            </div>
          ) : (
            <AlertTable alerts={alerts} />
          )}
          <Pager cursors={cursors} next={answer.cursor} onCursors={setCursors} />
        </>
      )}
    </Asking>
  )
}
