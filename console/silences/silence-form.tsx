import { useState } from 'preact/hooks'
import type { Rule } from '../../rules/configuration/rule.ts'
import type { Severity } from '../../rules/configuration/severity.ts'
import { vectors } from '../../rules/ddos/vectors.ts'
import { ChoiceField, MomentField, TextField } from '../parts/field.tsx'
import { Form, inputsOf } from '../parts/form.tsx'
import { useSave } from '../parts/save.ts'
import { endOf, type SilenceLength, silenceLengths } from './length.ts'

interface Draft {
  rule_id: string
  prefix: string
  vector: string
  severity: Severity | ''
  /** As an input of moments holds it, in the browser's time zone; empty: now. */
  starts_at: string
  length: SilenceLength
  reason: string
  author: string
}

const fields = [
  'rule_id',
  'prefix',
  'vector',
  'severity',
  'starts_at',
  'ends_at',
  'reason',
  'author',
]

const empty: Draft = {
  rule_id: '',
  prefix: '',
  vector: '',
  severity: '',
  starts_at: '',
  length: '1',
  reason: '',
  author: '',
}

/** What is not said fits every alert. */
function bodyOf(draft: Draft) {
  const orNull = (text: string) => (text.trim() === '' ? null : text.trim())
  const start = draft.starts_at === '' ? undefined : new Date(draft.starts_at)
  return {
    rule_id: orNull(draft.rule_id),
    prefix: orNull(draft.prefix),
    vector: orNull(draft.vector),
    severity: orNull(draft.severity),
    ...(start === undefined ? {} : { starts_at: start.toISOString() }),
    ends_at: endOf(start?.getTime() ?? Date.now(), draft.length),
    reason: draft.reason,
    ...(draft.author.trim() === '' ? {} : { author: draft.author }),
  }
}

export function SilenceForm({ rules, onAdded }: { rules: readonly Rule[]; onAdded(): void }) {
  const [draft, setDraft] = useState(empty)
  const saving = useSave<unknown>()
  const submit = async () => {
    if ((await saving.save('/silences', 'POST', bodyOf(draft))) === undefined) return
    setDraft(empty)
    onAdded()
  }
  const field = inputsOf(draft, saving.problems, setDraft)
  return (
    <Form saving={saving} fields={fields} onSubmit={submit}>
      <p class="hint">Silences the alerts that match everything chosen here.</p>
      <div class="fields four">
        <ChoiceField
          label="Rule"
          choices={[['', 'any'], ...rules.map(({ id, name }) => [id, name] as const)]}
          {...field('rule_id')}
        />
        <TextField label="Inside prefix" mono placeholder="203.0.113.0/24" {...field('prefix')} />
        <ChoiceField
          label="Vector"
          choices={[['', 'any'], ...vectors.map((vector) => [vector, vector] as const)]}
          {...field('vector')}
        />
        <ChoiceField
          label="Severity"
          choices={[
            ['', 'any'],
            ['warning', 'warning'],
            ['high', 'high'],
            ['critical', 'critical'],
          ]}
          {...field('severity')}
        />
        <MomentField label="From" hint="Empty: now." {...field('starts_at')} />
        <ChoiceField label="For" choices={silenceLengths} {...field('length', 'ends_at')} />
        <TextField label="Reason" placeholder="load test" {...field('reason')} />
        <TextField label="Author" hint="Empty: the token's name." {...field('author')} />
      </div>
      <div class="actions">
        <button type="submit" class="primary" disabled={saving.isWaiting}>
          Add silence
        </button>
      </div>
    </Form>
  )
}
