import type { Rule } from '../../rules/rule.ts'
import { navigate } from '../location.ts'
import { DeleteButton } from '../parts/delete-button.tsx'
import { ChoiceField, problemsOf, TextField } from '../parts/field.tsx'
import { flash } from '../parts/flash.tsx'
import { FormProblems } from '../parts/form-problems.tsx'
import { useSave } from '../parts/save.ts'
import { bodyOf, type RuleDraft, ruleFields } from './draft.ts'
import { VectorFields } from './vector-fields.tsx'

const scopes = [
  ['rule', 'the sum of all prefixes'],
  ['per_prefix', 'each prefix by itself'],
] as const
const perHost = ['per_host', 'each host inside of them'] as const

export function RuleForm(props: {
  rule: Rule | undefined
  etag: string | null
  draft: RuleDraft
  onDraft(change: (before: RuleDraft) => RuleDraft): void
  onReload(): void
}) {
  const { rule, etag, draft, onDraft, onReload } = props
  const saving = useSave<Rule>()
  const { problems, isWaiting, save } = saving
  const path = rule === undefined ? '/rules' : `/rules/${rule.id}`
  const submit = async () => {
    const saved = await save(path, rule === undefined ? 'POST' : 'PATCH', bodyOf(draft), etag)
    if (saved === undefined) return
    flash(`${saved.result.name} is saved.`, saved.messages)
    navigate('/console/rules')
  }
  const field = <K extends keyof RuleDraft>(name: K) => ({
    value: draft[name],
    problems: problemsOf(problems, name),
    onValue: (value: RuleDraft[K]) => onDraft((before) => ({ ...before, [name]: value })),
  })
  return (
    <form
      class="card form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <FormProblems saving={saving} fields={ruleFields} onReload={onReload} />
      <div class="fields two">
        <TextField label="Name" placeholder="web servers" {...field('name')} />
        <ChoiceField
          label="Type"
          choices={[
            ['threshold', 'threshold: over a limit for some minutes'],
            ['zscore', 'z-score: unusual for these prefixes'],
            ['advanced_ddos', 'DDoS: unusual for a kind of packets'],
          ]}
          {...field('type')}
        />
        <TextField
          label="Prefixes"
          rows={Math.min(12, Math.max(3, draft.prefixes.split('\n').length))}
          mono
          placeholder={'203.0.113.0/24\n2001:db8::/32'}
          hint="IPv4 or IPv6, one a line."
          {...field('prefixes')}
        />
        <div class="fields">
          {draft.type !== 'advanced_ddos' && (
            <ChoiceField
              label="Direction"
              choices={[
                ['in', 'towards the prefixes'],
                ['out', 'from the prefixes'],
                ['both', 'both, each by itself'],
              ]}
              {...field('direction')}
            />
          )}
          <ChoiceField
            label="Held against the limit"
            choices={draft.type === 'threshold' ? [...scopes, perHost] : scopes}
            {...field('scope')}
          />
          <TextField
            label="Least sampled packets"
            inputMode="numeric"
            hint="That a verdict must rest on, where routers sample. 10 leave an error of 62 %, 100 of 20 %."
            {...field('min_samples')}
          />
        </div>
      </div>
      {draft.type === 'threshold' && (
        <fieldset>
          <legend>Limits</legend>
          <p class="hint">
            One of the three is enough, and each needs all its minutes for itself. Short forms such
            as 10G or 1.5M are fine.
          </p>
          <div class="fields four">
            <TextField label="Bandwidth" unit="bit/s" {...field('bandwidth_threshold')} />
            <TextField label="Packets" unit="packets/s" {...field('packet_threshold')} />
            <TextField label="Flows" unit="flows/s" {...field('flow_threshold')} />
            <TextField label="Duration" unit="minutes" {...field('duration')} />
          </div>
        </fieldset>
      )}
      {draft.type === 'zscore' && (
        <fieldset>
          <legend>How unusual</legend>
          <div class="fields three">
            <ChoiceField
              label="Sensitivity"
              choices={[
                ['low', 'low: 5 deviations'],
                ['medium', 'medium: 4 deviations'],
                ['high', 'high: 3 deviations'],
              ]}
              {...field('zscore_sensitivity')}
            />
            <ChoiceField
              label="Of"
              choices={[
                ['bits', 'bits per second'],
                ['packets', 'packets per second'],
              ]}
              {...field('zscore_target')}
            />
            <TextField
              label="Least rise that matters"
              unit={draft.zscore_target === 'bits' ? 'bit/s' : 'packets/s'}
              placeholder={draft.zscore_target === 'bits' ? '1M' : '1k'}
              {...field('min_traffic')}
            />
          </div>
        </fieldset>
      )}
      {draft.type === 'advanced_ddos' && (
        <fieldset>
          <legend>Learned limits</legend>
          <div class="fields three">
            <ChoiceField
              label="Sensitivity"
              choices={[
                ['low', 'low: 5 times what is usual'],
                ['medium', 'medium: 3 times what is usual'],
                ['high', 'high: twice what is usual'],
              ]}
              {...field('sensitivity')}
            />
            <ChoiceField
              label="Which prefixes are watched"
              choices={[
                ['', 'as the rule says'],
                ['exact', 'exactly those'],
                ['subnet', 'those inside them'],
                ['supernet', 'those around them'],
              ]}
              {...field('prefix_match')}
            />
          </div>
          <VectorFields {...field('vectors')} />
        </fieldset>
      )}
      <div class="actions">
        <button type="submit" class="primary" disabled={isWaiting}>
          {rule === undefined ? 'Add rule' : 'Save'}
        </button>
        <a class="button" href="/console/rules">
          Cancel
        </a>
        {rule !== undefined && (
          <span class="apart">
            <DeleteButton
              path={path}
              question="Delete this rule?"
              consequence="Its prefixes are no longer watched by it. What it was alerted for stays in the history."
              onDeleted={() => {
                flash(`${rule.name} is deleted.`)
                navigate('/console/rules')
              }}
            />
          </span>
        )}
      </div>
    </form>
  )
}
