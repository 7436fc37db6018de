// One rule: entered, changed, deleted; and what it would have done.

import { useState } from 'preact/hooks'
import type { Rule } from '../../rules/configuration/rule.ts'
import { DocumentPage, type Stored } from '../parts/document.tsx'
import { draftOf } from './draft.ts'
import { History } from './history.tsx'
import { RuleForm, ruleKind } from './rule-form.tsx'
import { SuggestionCard } from './suggestion-card.tsx'

export function RulePage({ id }: { id: string }) {
  return (
    <DocumentPage<Rule> kind={ruleKind} id={id}>
      {(stored) => <Workbench stored={stored} />}
    </DocumentPage>
  )
}

/** The form, and what follows from what is in it at the moment. */
function Workbench({ stored }: { stored: Stored<Rule> }) {
  const rule = stored.document
  const [draft, setDraft] = useState(() => draftOf(rule))
  return (
    <div class="workbench">
      <RuleForm stored={stored} draft={draft} onDraft={setDraft} />
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
