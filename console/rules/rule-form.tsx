import type { Rule } from '../../rules/configuration/rule.ts'
import { DocumentForm, type Stored } from '../parts/document.tsx'
import { ChoiceField, TextField } from '../parts/field.tsx'
import { inputsOf } from '../parts/form.tsx'
import { useSave } from '../parts/save.ts'
import { bodyOf, type RuleDraft, ruleFields } from './draft.ts'
import { VectorFields } from './vector-fields.tsx'

const scopes = [
  ['rule', 'the sum of all prefixes'],
  ['per_prefix', 'each prefix by itself'],
] as const
const perHost = ['per_host', 'each host inside of them'] as const

export const ruleKind = {
  path: '/rules',
  noun: 'rule',
  consequence: 'Its prefixes are no longer watched by it. Its alerts stay in the history.',
} as const

export function RuleForm(props: {
  stored: Stored<Rule>
  draft: RuleDraft
  onDraft(change: (before: RuleDraft) => RuleDraft): void
}) {
  const { stored, draft, onDraft } = props
  const saving = useSave<Rule>()
  const field = inputsOf(draft, saving.problems, onDraft)
  return (
    <DocumentForm
      {...{ stored, saving }}
      kind={ruleKind}
      fields={ruleFields}
      bodyOf={() => bodyOf(draft)}
    >
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
            label="Compared with the limit"
            choices={draft.type === 'threshold' ? [...scopes, perHost] : scopes}
            {...field('scope')}
          />
          <TextField
            label="Minimum samples"
            inputMode="numeric"
            hint="Sampled packets that a verdict must rest on: 10 leave an error of 62 %, 100 of 20 %."
            {...field('min_samples')}
          />
        </div>
      </div>
      {draft.type === 'threshold' && (
        <fieldset>
          <legend>Limits</legend>
          <p class="hint">One is enough; each is judged by itself. 10G and 1.5M are fine.</p>
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
          <legend>Baseline</legend>
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
              label="Metric"
              choices={[
                ['bits', 'bits per second'],
                ['packets', 'packets per second'],
              ]}
              {...field('zscore_target')}
            />
            <TextField
              label="Minimum rise"
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
      <details open={isToldInItsOwnWay(draft)}>
        <summary>Severity and notifications</summary>
        <div class="fields three">
          <ChoiceField
            label="Severity at least"
            choices={[
              ['', 'warning'],
              ['high', 'high'],
              ['critical', 'critical'],
            ]}
            {...field('severity_least', 'severity')}
          />
          <TextField
            label="High from"
            unit="times the limit"
            placeholder="2"
            {...field('severity_high')}
          />
          <TextField
            label="Critical from"
            unit="times the limit"
            placeholder="5"
            {...field('severity_critical')}
          />
          <TextField
            label="Repeat while it lasts"
            unit="minutes"
            placeholder="60"
            hint="0 for never."
            {...field('repeat_interval')}
          />
          <TextField
            label="Again when it grows"
            unit="times"
            placeholder="2"
            {...field('escalation_factor')}
          />
        </div>
      </details>
    </DocumentForm>
  )
}

function isToldInItsOwnWay(draft: RuleDraft): boolean {
  const { severity_least, severity_high, severity_critical } = draft
  const texts = [severity_least, severity_high, severity_critical]
  return [...texts, draft.repeat_interval, draft.escalation_factor].some((text) => text !== '')
}
