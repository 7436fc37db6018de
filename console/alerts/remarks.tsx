// What people do about an alert: take it on, say what it was, keep its rule quiet for some time.

import { useState } from 'preact/hooks'
import { ChoiceField, TextField } from '../parts/field.tsx'
import { Form, inputsOf } from '../parts/form.tsx'
import { useSave } from '../parts/save.ts'
import { endOf, type SilenceLength, silenceLengths } from '../silences/length.ts'
import { visible } from '../visible.ts'
import type { AlertDetail } from './alert.ts'
import { type Class, classNames } from './class-names.ts'

interface RemarkProps {
  alert: AlertDetail
  onDone(): void
}

export function Remarks(props: RemarkProps) {
  const { acknowledged, classification, state, type } = props.alert
  return (
    <section>
      <h2>Response</h2>
      {(acknowledged !== null || classification !== null) && (
        <ul class="said card">
          {acknowledged !== null && (
            <li>
              Acknowledged by <b>{visible(acknowledged.by)}</b>
              {acknowledged.comment !== '' && `: ${visible(acknowledged.comment)}`}
            </li>
          )}
          {classification !== null && (
            <li>
              Classified as <b>{classNames[classification.class]}</b> by{' '}
              {visible(classification.by)}
              {classification.comment !== '' && `: ${visible(classification.comment)}`}
            </li>
          )}
        </ul>
      )}
      <div class="lists">
        <Remark {...props} />
        <Classify {...props} />
        {state !== 'resolved' && <Silence {...props} />}
        {type === 'zscore' && <AcceptBaseline {...props} />}
      </div>
    </section>
  )
}

function pathOf({ id }: AlertDetail): string {
  return `/alerts/${encodeURIComponent(id)}`
}

function Remark({ alert, onDone }: RemarkProps) {
  const [draft, setDraft] = useState({ text: '' })
  const saving = useSave<unknown>()
  const takesOn = alert.acknowledged === null && alert.state !== 'resolved'
  const { text } = draft
  const field = inputsOf(draft, saving.problems, setDraft)
  const submit = async () => {
    const done = takesOn
      ? await saving.save(
          `${pathOf(alert)}/ack`,
          'POST',
          text.trim() === '' ? {} : { comment: text },
        )
      : await saving.save(`${pathOf(alert)}/comment`, 'POST', { text })
    if (done === undefined) return
    setDraft({ text: '' })
    onDone()
  }
  return (
    <Form saving={saving} fields={['text', 'comment']} onSubmit={submit} look="card fields">
      <TextField
        label={takesOn ? 'Comment, optional' : 'Comment'}
        rows={2}
        {...field('text', takesOn ? 'comment' : 'text')}
      />
      <div class="actions">
        <button type="submit" class="primary" disabled={saving.isWaiting}>
          {takesOn ? 'Acknowledge' : 'Add comment'}
        </button>
      </div>
    </Form>
  )
}

function Classify({ alert, onDone }: RemarkProps) {
  const [draft, setDraft] = useState({
    class: alert.classification?.class ?? ('verified' as Class),
    comment: '',
  })
  const saving = useSave<unknown>()
  const field = inputsOf(draft, saving.problems, setDraft)
  const submit = async () => {
    const { comment } = draft
    const body = { class: draft.class, ...(comment.trim() === '' ? {} : { comment }) }
    if ((await saving.save(`${pathOf(alert)}/classify`, 'POST', body)) === undefined) return
    setDraft({ ...draft, comment: '' })
    onDone()
  }
  return (
    <Form saving={saving} fields={['class', 'comment']} onSubmit={submit} look="card fields">
      <ChoiceField
        label="What it was"
        choices={Object.entries(classNames) as [Class, string][]}
        {...field('class')}
      />
      <TextField label="Why, optional" {...field('comment')} />
      <div class="actions">
        <button type="submit" disabled={saving.isWaiting}>
          Classify
        </button>
      </div>
    </Form>
  )
}

function Silence({ alert, onDone }: RemarkProps) {
  const [draft, setDraft] = useState({ reason: '', length: '1' as SilenceLength })
  const saving = useSave<unknown>()
  const field = inputsOf(draft, saving.problems, setDraft)
  const submit = async () => {
    const ends_at = endOf(Date.now(), draft.length)
    const body = { rule_id: alert.rule_id, ends_at, reason: draft.reason }
    if ((await saving.save('/silences', 'POST', body)) !== undefined) onDone()
  }
  return (
    <Form saving={saving} fields={['reason', 'ends_at']} onSubmit={submit} look="card fields">
      <ChoiceField
        label="Silence its rule for"
        choices={silenceLengths}
        {...field('length', 'ends_at')}
      />
      <TextField label="Reason" {...field('reason')} />
      <div class="actions">
        <button type="submit" disabled={saving.isWaiting}>
          Silence
        </button>
      </div>
    </Form>
  )
}

/** For what is no attack and will stay. */
function AcceptBaseline({ alert, onDone }: RemarkProps) {
  const [draft, setDraft] = useState({ comment: '' })
  const saving = useSave<unknown>()
  const field = inputsOf(draft, saving.problems, setDraft)
  const submit = async () => {
    const body = draft.comment.trim() === '' ? {} : draft
    if ((await saving.save(`${pathOf(alert)}/accept-baseline`, 'POST', body)) === undefined) return
    setDraft({ comment: '' })
    onDone()
  }
  return (
    <Form saving={saving} fields={['comment']} onSubmit={submit} look="card fields">
      <TextField
        label="Is this the new normal? Comment, optional"
        hint="The rule learns the traffic of this alert at once, and no longer alerts of as much."
        {...field('comment')}
      />
      <div class="actions">
        <button type="submit" disabled={saving.isWaiting}>
          Accept as normal
        </button>
      </div>
    </Form>
  )
}
