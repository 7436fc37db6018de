// One rule: entered, changed, deleted.

import type { Rule } from '../../rules/rule.ts'
import { useAsk } from '../ask.ts'
import { Asking } from '../parts/asking.tsx'
import { Page } from '../shell/page.tsx'
import { visible } from '../visible.ts'
import { RuleForm } from './rule-form.tsx'

export function RulePage({ id }: { id: string }) {
  const isNew = id === 'new'
  const asked = useAsk<Rule>(isNew ? undefined : `/rules/${encodeURIComponent(id)}`)
  if (isNew) {
    return (
      <Page title="Add a rule">
        <RuleForm rule={undefined} etag={null} />
      </Page>
    )
  }
  const name = asked.answer?.result.name
  return (
    <Page title={name === undefined ? 'Rule' : visible(name)}>
      <Asking asked={asked}>{(rule, { etag }) => <RuleForm rule={rule} etag={etag} />}</Asking>
    </Page>
  )
}
