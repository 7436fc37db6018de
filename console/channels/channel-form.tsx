import { useState } from 'preact/hooks'
import type { Channel } from '../../api/notify/channel.ts'
import { navigate } from '../location.ts'
import { DeleteButton } from '../parts/delete-button.tsx'
import { ChecksField, ChoiceField, problemsOf, TextField } from '../parts/field.tsx'
import { flash } from '../parts/flash.tsx'
import { FormProblems } from '../parts/form-problems.tsx'
import { useSave } from '../parts/save.ts'
import { bodyOf, type ChannelDraft, draftOf, eventNames, fieldsOf } from './draft.ts'

export function ChannelForm(props: {
  channel: Channel | undefined
  etag: string | null
  onReload(): void
}) {
  const { channel, etag, onReload } = props
  const [draft, setDraft] = useState(() => draftOf(channel))
  const saving = useSave<Channel>()
  const path = channel === undefined ? '/channels' : `/channels/${encodeURIComponent(channel.id)}`
  const submit = async () => {
    const method = channel === undefined ? 'POST' : 'PATCH'
    const saved = await saving.save(path, method, bodyOf(draft), etag)
    if (saved === undefined) return
    flash(`${saved.result.name} is saved.`, saved.messages)
    navigate('/console/channels')
  }
  const field = <K extends keyof ChannelDraft>(name: K) => ({
    value: draft[name],
    problems: problemsOf(saving.problems, name),
    onValue: (value: ChannelDraft[K]) => setDraft((before) => ({ ...before, [name]: value })),
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
      <FormProblems saving={saving} fields={fieldsOf(draft.type)} onReload={onReload} />
      <div class="fields two">
        <TextField label="Name" placeholder="NOC" {...field('name')} />
        <ChoiceField
          label="Type"
          choices={[
            ['webhook', 'webhook: JSON, as Alertmanager sends it'],
            ['email', 'mail'],
            ['slack', 'Slack, Mattermost'],
            ['pagerduty', 'PagerDuty'],
          ]}
          {...field('type')}
        />
        {draft.type === 'webhook' && (
          <>
            <TextField label="Address" mono placeholder="https://…" {...field('url')} />
            <TextField
              label="Secret"
              isSecret
              hint="Signs what is sent. Empty for none."
              {...field('secret')}
            />
          </>
        )}
        {draft.type === 'slack' && (
          <TextField
            label="Address of the incoming webhook"
            isSecret
            hint="Whoever has it may write: it is kept as a secret."
            {...field('url')}
          />
        )}
        {draft.type === 'pagerduty' && (
          <>
            <TextField
              label="Routing key"
              isSecret
              hint="Of an integration with the Events API v2."
              {...field('routing_key')}
            />
            <TextField
              label="Address"
              mono
              placeholder="https://events.pagerduty.com/v2/enqueue"
              hint="For the service region in Europe: https://events.eu.pagerduty.com/v2/enqueue"
              {...field('url')}
            />
          </>
        )}
        {draft.type === 'email' && (
          <>
            <TextField label="Mail server" mono placeholder="mail.example.com" {...field('host')} />
            <TextField label="Port" inputMode="numeric" {...field('port')} />
            <ChoiceField
              label="Encryption"
              choices={[
                ['starttls', 'STARTTLS'],
                ['tls', 'TLS from the first byte'],
                ['none', 'none, only in networks that the API allows'],
              ]}
              {...field('security')}
            />
            <TextField label="User" hint="Empty for none." {...field('user')} />
            <TextField label="Password" isSecret {...field('password')} />
            <TextField label="From" placeholder="netmon@example.com" {...field('from')} />
            <TextField
              label="To"
              rows={3}
              placeholder="noc@example.com"
              hint="One a line."
              {...field('to')}
            />
          </>
        )}
      </div>
      <div class="fields two">
        <ChoiceField
          label="Told from"
          choices={[
            ['warning', 'warning: all alerts'],
            ['high', 'high: over 2 times the limit'],
            ['critical', 'critical: over 5 times the limit'],
          ]}
          {...field('min_severity')}
        />
        <ChoiceField
          label="State"
          choices={[
            ['true', 'on'],
            ['false', 'off: nothing is sent'],
          ]}
          {...field('enabled')}
        />
      </div>
      <ChecksField label="Told when" choices={eventNames} {...field('events')} />
      <div class="actions">
        <button type="submit" class="primary" disabled={saving.isWaiting}>
          {channel === undefined ? 'Add channel' : 'Save'}
        </button>
        <a class="button" href="/console/channels">
          Cancel
        </a>
        {channel !== undefined && (
          <span class="apart">
            <DeleteButton
              path={path}
              question="Delete this channel?"
              consequence="Nobody is told by it any more, nor of what is still to be tried again."
              onDeleted={() => {
                flash(`${channel.name} is deleted.`)
                navigate('/console/channels')
              }}
            />
          </span>
        )}
      </div>
    </form>
  )
}
