// One router: entered, changed, deleted.

import { useState } from 'preact/hooks'
import type { Router } from '../../rules/router.ts'
import { useAsk } from '../ask.ts'
import { readAmount } from '../format.ts'
import { navigate, readLocation } from '../location.ts'
import { Asking } from '../parts/asking.tsx'
import { DeleteButton } from '../parts/delete-button.tsx'
import { ChoiceField, problemsOf, TextField } from '../parts/field.tsx'
import { flash } from '../parts/flash.tsx'
import { FormProblems } from '../parts/form-problems.tsx'
import { useSave } from '../parts/save.ts'
import { Page } from '../shell/page.tsx'
import { visible } from '../visible.ts'

export function RouterPage({ id }: { id: string }) {
  const isNew = id === 'new'
  const asked = useAsk<Router>(isNew ? undefined : `/routers/${encodeURIComponent(id)}`)
  if (isNew) {
    return (
      <Page title="Add a router">
        <RouterForm router={undefined} etag={null} onReload={asked.again} />
      </Page>
    )
  }
  const name = asked.answer?.result.name
  return (
    <Page title={name === undefined ? 'Router' : visible(name)}>
      <Asking asked={asked}>
        {(router, { etag }) => (
          <RouterForm key={etag} router={router} etag={etag} onReload={asked.again} />
        )}
      </Asking>
    </Page>
  )
}

interface Draft {
  name: string
  router_ip: string
  default_sampling: string
  sampling_override: string
  sampling_byte_order: 'big' | 'little'
}

const fields = [
  'name',
  'router_ip',
  'default_sampling',
  'sampling_override',
  'sampling_byte_order',
] as const

function draftOf(router: Router | undefined): Draft {
  return {
    name: router?.name ?? '',
    router_ip: router?.router_ip ?? readLocation().query.get('address') ?? '',
    default_sampling: String(router?.default_sampling ?? 1),
    sampling_override: String(router?.sampling_override ?? ''),
    sampling_byte_order: router?.sampling_byte_order ?? 'big',
  }
}

function bodyOf(draft: Draft) {
  return {
    name: draft.name,
    router_ip: draft.router_ip.trim(),
    default_sampling: readAmount(draft.default_sampling),
    sampling_override: readAmount(draft.sampling_override),
    sampling_byte_order: draft.sampling_byte_order,
  }
}

function RouterForm(props: { router: Router | undefined; etag: string | null; onReload(): void }) {
  const { router, etag, onReload } = props
  const [draft, setDraft] = useState(() => draftOf(router))
  const saving = useSave<Router>()
  const { problems, isWaiting, save } = saving
  const path = router === undefined ? '/routers' : `/routers/${router.id}`
  const submit = async () => {
    const method = router === undefined ? 'POST' : 'PATCH'
    const saved = await save(path, method, bodyOf(draft), etag)
    if (saved === undefined) return
    flash(`${saved.result.name} is saved.`, saved.messages)
    navigate('/console/routers')
  }
  const field = <K extends keyof Draft>(name: K) => ({
    value: draft[name],
    problems: problemsOf(problems, name),
    onValue: (value: Draft[K]) => setDraft((before) => ({ ...before, [name]: value })),
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
      <FormProblems saving={saving} fields={fields} onReload={onReload} />
      <div class="fields two">
        <TextField label="Name" placeholder="edge-1" {...field('name')} />
        <TextField
          label="Address"
          mono
          placeholder="192.0.2.1"
          hint="That its flows are shown under: for sFlow the agent's, else where its datagrams come from."
          {...field('router_ip')}
        />
        <TextField
          label="Default sampling"
          unit="1 in N"
          inputMode="numeric"
          hint="Used when the router does not tell its rate. 1 is unsampled."
          {...field('default_sampling')}
        />
      </div>
      <details open={router?.sampling_override != null || router?.sampling_byte_order === 'little'}>
        <summary>For routers that tell a wrong rate</summary>
        <div class="fields two">
          <TextField
            label="Sampling override"
            unit="1 in N"
            inputMode="numeric"
            hint="Beats whatever the router says. Empty for none."
            {...field('sampling_override')}
          />
          <ChoiceField
            label="Byte order of rates in data records"
            choices={[
              ['big', 'network order, as specified'],
              ['little', 'little endian, as RouterOS 6 writes'],
            ]}
            hint="MikroTik RouterOS 6 writes them the wrong way round."
            {...field('sampling_byte_order')}
          />
        </div>
      </details>
      <div class="actions">
        <button type="submit" class="primary" disabled={isWaiting}>
          {router === undefined ? 'Add router' : 'Save'}
        </button>
        <a class="button" href="/console/routers">
          Cancel
        </a>
        {router !== undefined && (
          <span class="apart">
            <DeleteButton
              path={path}
              question="Delete this router?"
              consequence="Its flows stay. New ones are taken as of an unknown exporter: unsampled, unless they tell their rate."
              onDeleted={() => {
                flash(`${router.name} is deleted.`)
                navigate('/console/routers')
              }}
            />
          </span>
        )}
      </div>
    </form>
  )
}
