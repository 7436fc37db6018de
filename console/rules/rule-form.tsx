import type { Rule } from '../../rules/rule.ts'
import { navigate } from '../location.ts'
import { DeleteButton } from '../parts/delete-button.tsx'
import { ChoiceField, problemsOf, TextField } from '../parts/field.tsx'
import { flash } from '../parts/flash.tsx'
import { Notes } from '../parts/notes.tsx'
import { otherProblems, useSave } from '../parts/save.ts'
import { bodyOf, type RuleDraft, ruleFields } from './draft.ts'

export function RuleForm(props: {
  rule: Rule | undefined
  etag: string | null
  draft: RuleDraft
  onDraft(change: (before: RuleDraft) => RuleDraft): void
}) {
  const { rule, etag, draft, onDraft } = props
  const { problems, isWaiting, save } = useSave<Rule>()
  const path = rule === undefined ? '/rules' : `/rules/${rule.id}`
  const submit = async () => {
    const saved = await save(path, rule === undefined ? 'POST' : 'PATCH', bodyOf(draft), etag)
    if (saved === undefined) return
    flash(`${saved.result.name} is saved.`, saved.messages)
    navigate('/console/rules')
  }
  const others = otherProblems(problems, ruleFields)
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
      {others.length > 0 && (
        <div class="note bad" role="alert">
          <Notes texts={others} />
        </div>
      )}
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
          <ChoiceField
            label="Direction"
            choices={[
              ['in', 'towards the prefixes'],
              ['out', 'from the prefixes'],
              ['both', 'both, each by itself'],
            ]}
            {...field('direction')}
          />
          <ChoiceField
            label="Held against the limit"
            choices={[
              ['rule', 'the sum of all prefixes'],
              ['per_prefix', 'each prefix by itself'],
            ]}
            {...field('scope')}
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
                ['low', 'low'],
                ['medium', 'medium'],
                ['high', 'high'],
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
