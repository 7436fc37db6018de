// One rule: entered, changed, deleted; and what it would have done.

import { useState } from 'preact/hooks'
import type { Rule } from '../../rules/rule.ts'
import { useAsk } from '../ask.ts'
import { Asking } from '../parts/asking.tsx'
import { Page } from '../shell/page.tsx'
import { visible } from '../visible.ts'
import { draftOf } from './draft.ts'
import { History } from './history.tsx'
import { RuleForm } from './rule-form.tsx'
import { SuggestionCard } from './suggestion-card.tsx'

export function RulePage({ id }: { id: string }) {
  const isNew = id === 'new'
  const asked = useAsk<Rule>(isNew ? undefined : `/rules/${encodeURIComponent(id)}`)
  if (isNew) {
    return (
      <Page title="Add a rule">
        <Workbench rule={undefined} etag={null} onReload={asked.again} />
      </Page>
    )
  }
  const name = asked.answer?.result.name
  return (
    <Page title={name === undefined ? 'Rule' : visible(name)}>
      <Asking asked={asked}>
        {(rule, { etag }) => (
          <Workbench key={etag} rule={rule} etag={etag} onReload={asked.again} />
        )}
      </Asking>
    </Page>
  )
}

/** The form, and what follows from what is in it at the moment. */
function Workbench(props: { rule: Rule | undefined; etag: string | null; onReload(): void }) {
  const { rule, etag, onReload } = props
  const [draft, setDraft] = useState(() => draftOf(rule))
  return (
    <div class="workbench">
      <RuleForm rule={rule} etag={etag} draft={draft} onDraft={setDraft} onReload={onReload} />
      <div class="stack">
        <History rule={rule} draft={draft} />
        {rule?.type === 'threshold' && (
          <SuggestionCard
            rule={rule}
            onUse={(changes) => setDraft((before) => ({ ...before, ...changes }))}
          />
        )}
      </div>
    </div>
  )
}
