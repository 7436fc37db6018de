// What stands where an answer of the API will be: nothing for a moment, then that it is awaited, or why there is none.

import type { ComponentChildren } from 'preact'
import type { Asked } from '../ask.ts'
import type { Answer, RequestFailed } from '../request.ts'
import { Notes } from './notes.tsx'

export function Asking<T>(props: {
  asked: Asked<T>
  children: (result: T, answer: Answer<T>) => ComponentChildren
}) {
  const { answer, failure, again } = props.asked
  return (
    <>
      {failure !== undefined && <Failure failure={failure} again={again} />}
      {answer === undefined
        ? failure === undefined && (
            <p class="waiting" role="status">
              Loading …
            </p>
          )
        : props.children(answer.result, answer)}
    </>
  )
}

export function Failure({ failure, again }: { failure: RequestFailed; again?: () => void }) {
  // The dialog says it.
  if (failure.status === 401) return null
  return (
    <div class="note bad" role="alert">
      <Notes texts={failure.problems.map(({ message }) => message)} />
      {again !== undefined && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  )
}
