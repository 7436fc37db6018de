// Asks for the API's token once the API has asked for it.

import { useEffect, useRef, useState } from 'preact/hooks'
import { keepToken, useToken } from '../token.ts'

export function TokenDialog() {
  const { token, isAskedFor } = useToken()
  const [text, setText] = useState('')
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (isAskedFor) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isAskedFor])
  return (
    <dialog
      ref={dialog}
      aria-labelledby="token-title"
      // There is nothing to see behind it.
      onCancel={(event) => event.preventDefault()}
    >
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (text.trim() === '') return
          keepToken(text.trim())
          setText('')
        }}
      >
        <h2 id="token-title">This API asks for its token</h2>
        <p>
          {token === undefined
            ? 'It is what the API was started with as NETMON_API_TOKEN, or one that its administrator made for you. It stays in this browser until you sign out.'
            : 'The API does not accept the token that it was sent. It may have been mistyped, or withdrawn.'}
        </p>
        <label class="field">
          <span>Token</span>
          <input
            type="password"
            autocomplete="current-password"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <div class="actions">
          <button type="submit" class="primary">
            Sign in
          </button>
        </div>
      </form>
    </dialog>
  )
}
