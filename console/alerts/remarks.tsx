// What people do about an alert: take it on, write something down, keep it quiet for some time.

import { useState } from 'preact/hooks'
import { ChoiceField, problemsOf, TextField } from '../parts/field.tsx'
import { Notes } from '../parts/notes.tsx'
import { otherProblems, useSave } from '../parts/save.ts'
import { endOf, type SilenceLength, silenceLengths } from '../silences/length.ts'
import { visible } from '../visible.ts'
import type { AlertDetail } from './alert.ts'

export function Remarks({ alert, onDone }: { alert: AlertDetail; onDone(): void }) {
  const path = `/alerts/${encodeURIComponent(alert.id)}`
  const isOpen = alert.state !== 'resolved'
  return (
    <section class="card remarks">
      {alert.acknowledged !== null && (
        <p>
          <b>{visible(alert.acknowledged.by)}</b> has it
          {alert.acknowledged.comment !== '' && `: ${visible(alert.acknowledged.comment)}`}
        </p>
      )}
      <div class="fields two">
        <Remark
          path={path}
          isAcknowledged={alert.acknowledged !== null || !isOpen}
          onDone={onDone}
        />
        {isOpen && <Silence alert={alert} onDone={onDone} />}
      </div>
    </section>
  )
}

function Remark(props: { path: string; isAcknowledged: boolean; onDone(): void }) {
  const { path, isAcknowledged, onDone } = props
  const [text, setText] = useState('')
  const { problems, isWaiting, save } = useSave<unknown>()
  const submit = async () => {
    const done = isAcknowledged
      ? await save(`${path}/comment`, 'POST', { text })
      : await save(`${path}/ack`, 'POST', text.trim() === '' ? {} : { comment: text })
    if (done === undefined) return
    setText('')
    onDone()
  }
  return (
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <TextField
        label={isAcknowledged ? 'Comment' : 'Comment, if you like'}
        value={text}
        onValue={setText}
        problems={problems}
      />
      <div class="actions">
        <button type="submit" class="primary" disabled={isWaiting}>
          {isAcknowledged ? 'Add comment' : 'Acknowledge'}
        </button>
      </div>
    </form>
  )
}

function Silence({ alert, onDone }: { alert: AlertDetail; onDone(): void }) {
  const [reason, setReason] = useState('')
  const [author, setAuthor] = useState('')
  const [length, setLength] = useState<SilenceLength>('1')
  const { problems, isWaiting, save } = useSave<unknown>()
  const submit = async () => {
    const ends_at = endOf(Date.now(), length)
    const body = { rule_id: alert.rule_id, ends_at, reason, author }
    if ((await save('/silences', 'POST', body)) !== undefined) onDone()
  }
  const others = otherProblems(problems, ['reason', 'author', 'ends_at'])
  return (
    <form
      class="fields three"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      {others.length > 0 && <Notes texts={others} />}
      <TextField
        label="Why its rule may be silent"
        value={reason}
        onValue={setReason}
        problems={problemsOf(problems, 'reason')}
      />
      <TextField
        label="Who says so"
        value={author}
        onValue={setAuthor}
        problems={problemsOf(problems, 'author')}
      />
      <ChoiceField
        label="For"
        value={length}
        choices={silenceLengths}
        onValue={(value) => setLength(value)}
        problems={problemsOf(problems, 'ends_at')}
      />
      <div class="actions">
        <button type="submit" disabled={isWaiting}>
          Silence the rule
        </button>
      </div>
    </form>
  )
}
