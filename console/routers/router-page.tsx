// One router: entered, changed, deleted.

import { useState } from 'preact/hooks'
import type { Router, RouterRole } from '../../rules/configuration/router.ts'
import { readAmount } from '../format.ts'
import { readLocation } from '../location.ts'
import { DocumentForm, DocumentPage, type Stored } from '../parts/document.tsx'
import { ChoiceField, TextField } from '../parts/field.tsx'
import { inputsOf } from '../parts/form.tsx'
import { useSave } from '../parts/save.ts'

const kind = {
  path: '/routers',
  noun: 'router',
  consequence:
    'Its flows stay. New ones are taken as of an unknown exporter: unsampled, unless they tell their rate.',
} as const

export function RouterPage({ id }: { id: string }) {
  return (
    <DocumentPage<Router> kind={kind} id={id}>
      {(stored) => <RouterForm stored={stored} />}
    </DocumentPage>
  )
}

interface Draft {
  name: string
  router_ip: string
  default_sampling: string
  sampling_override: string
  sampling_byte_order: 'big' | 'little'
  role: RouterRole
}

const fields = [
  'name',
  'router_ip',
  'default_sampling',
  'sampling_override',
  'sampling_byte_order',
  'role',
] as const

function draftOf(router: Router | undefined): Draft {
  return {
    name: router?.name ?? '',
    router_ip: router?.router_ip ?? readLocation().query.get('address') ?? '',
    default_sampling: String(router?.default_sampling ?? 1),
    sampling_override: String(router?.sampling_override ?? ''),
    sampling_byte_order: router?.sampling_byte_order ?? 'big',
    role: router?.role ?? 'edge',
  }
}

function bodyOf(draft: Draft) {
  return {
    name: draft.name,
    router_ip: draft.router_ip.trim(),
    default_sampling: readAmount(draft.default_sampling),
    sampling_override: readAmount(draft.sampling_override),
    sampling_byte_order: draft.sampling_byte_order,
    role: draft.role,
  }
}

function RouterForm({ stored }: { stored: Stored<Router> }) {
  const router = stored.document
  const [draft, setDraft] = useState(() => draftOf(router))
  const saving = useSave<Router>()
  const field = inputsOf(draft, saving.problems, setDraft)
  return (
    <DocumentForm {...{ kind, stored, saving, fields }} bodyOf={() => bodyOf(draft)}>
      <div class="fields two">
        <TextField label="Name" placeholder="edge-1" {...field('name')} />
        <TextField
          label="Address"
          mono
          placeholder="192.0.2.1"
          hint="For sFlow the agent's address, else the source of its datagrams."
          {...field('router_ip')}
        />
        <TextField
          label="Default sampling"
          unit="1 in N"
          inputMode="numeric"
          hint="Used where exports do not tell the rate. 1 is unsampled."
          {...field('default_sampling')}
        />
        <ChoiceField
          label="Role"
          choices={[
            ['edge', 'edge: traffic comes in or goes out here'],
            ['core', 'core: an edge router exports the same packets'],
          ]}
          hint="Packets count once, at the edge: flows of core routers are stored, and shown by exporter and interface, but count in no rule and no total."
          {...field('role')}
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
    </DocumentForm>
  )
}
