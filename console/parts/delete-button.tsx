// Deleting asks once more, and says what goes.

import type { ComponentChildren } from 'preact'
import { useId, useRef, useState } from 'preact/hooks'
import { failureOf } from '../ask.ts'
import { type RequestFailed, request } from '../request.ts'
import { Failure } from './asking.tsx'

export function DeleteButton(props: {
  path: string
  /** What is deleted, as a question. */
  question: ComponentChildren
  consequence: string
  verb?: string
  onDeleted(): void
}) {
  const { verb = 'Delete' } = props
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  const [failure, setFailure] = useState<RequestFailed>()
  const [isWaiting, setWaiting] = useState(false)
  const remove = async () => {
    setWaiting(true)
    try {
      await request(props.path, { method: 'DELETE' })
      dialog.current?.close()
      props.onDeleted()
    } catch (error) {
      setFailure(failureOf(error))
    } finally {
      setWaiting(false)
    }
  }
  return (
    <>
      <button type="button" class="danger" onClick={() => dialog.current?.showModal()}>
        {verb}
      </button>
      <dialog ref={dialog} aria-labelledby={id}>
        <div class="stack">
          <h2 id={id}>{props.question}</h2>
          <p>{props.consequence}</p>
          {failure !== undefined && <Failure failure={failure} />}
          <div class="actions">
            <button type="button" onClick={() => dialog.current?.close()}>
              Keep it
            </button>
            <button type="button" class="danger" disabled={isWaiting} onClick={remove}>
              {verb}
            </button>
          </div>
        </div>
      </dialog>
    </>
  )
}
