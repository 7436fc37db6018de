// What routers, rules and channels have in common: a page that adds one or shows the one that is stored, and a form that saves and deletes it.

import { type ComponentChildren, Fragment } from 'preact'
import { useAsk } from '../ask.ts'
import { navigate } from '../location.ts'
import { Page } from '../shell/page.tsx'
import { visible } from '../visible.ts'
import { Asking } from './asking.tsx'
import { DeleteButton } from './delete-button.tsx'
import { flash } from './flash.tsx'
import { Form } from './form.tsx'
import type { Save } from './save.ts'

export interface Kind {
  /** Of the API; below /console the list's page. */
  path: '/routers' | '/rules' | '/channels'
  noun: string
  /** What is lost with it. */
  consequence: string
}

/** A document as it is stored, or the want of one. */
export interface Stored<T> {
  document: T | undefined
  /** Of this version; a change names it. */
  etag: string | null
  onReload(): void
}

export function DocumentPage<T extends { name: string }>(props: {
  kind: Kind
  /** `new` for one that is not stored yet. */
  id: string
  children(stored: Stored<T>): ComponentChildren
}) {
  const { kind, id, children } = props
  const isNew = id === 'new'
  const asked = useAsk<T>(isNew ? undefined : `${kind.path}/${encodeURIComponent(id)}`)
  const onReload = asked.again
  if (isNew) {
    return (
      <Page title={`Add a ${kind.noun}`}>
        {children({ document: undefined, etag: null, onReload })}
      </Page>
    )
  }
  const name = asked.answer?.result.name
  const title = name === undefined ? `${kind.noun[0]!.toUpperCase()}${kind.noun.slice(1)}` : name
  return (
    <Page title={visible(title)}>
      <Asking asked={asked}>
        {(document, { etag }) => (
          // Another version is another form.
          <Fragment key={etag}>{children({ document, etag, onReload })}</Fragment>
        )}
      </Asking>
    </Page>
  )
}

export function DocumentForm<T extends { id: string; name: string }>(props: {
  kind: Kind
  stored: Stored<T>
  saving: Save<T>
  fields: readonly string[]
  bodyOf(): unknown
  children: ComponentChildren
}) {
  const { kind, saving, stored } = props
  const { document, etag, onReload } = stored
  const list = `/console${kind.path}`
  const path = document && `${kind.path}/${encodeURIComponent(document.id)}`
  const submit = async () => {
    const method = path === undefined ? 'POST' : 'PATCH'
    const saved = await saving.save(path ?? kind.path, method, props.bodyOf(), etag)
    if (saved === undefined) return
    flash(`${saved.result.name} is saved.`, saved.messages)
    navigate(list)
  }
  return (
    <Form saving={saving} fields={props.fields} onSubmit={submit} onReload={onReload}>
      {props.children}
      <div class="actions">
        <button type="submit" class="primary" disabled={saving.isWaiting}>
          {document === undefined ? `Add ${kind.noun}` : 'Save'}
        </button>
        <a class="button" href={list}>
          Cancel
        </a>
        {document !== undefined && path !== undefined && (
          <span class="apart">
            <DeleteButton
              path={path}
              question={`Delete this ${kind.noun}?`}
              consequence={kind.consequence}
              onDeleted={() => {
                flash(`${document.name} is deleted.`)
                navigate(list)
              }}
            />
          </span>
        )}
      </div>
    </Form>
  )
}
