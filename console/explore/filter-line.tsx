import { useEffect, useId, useState } from 'preact/hooks'
import { visible } from '../visible.ts'

/** Counts when it is left or sent, so that half a filter is no question. */
export function FilterLine(props: {
  filter: string
  problem: string | undefined
  onFilter(filter: string): void
}) {
  const id = useId()
  const [text, setText] = useState(props.filter)
  useEffect(() => setText(props.filter), [props.filter])
  const take = () => {
    if (text.trim() !== props.filter) props.onFilter(text.trim())
  }
  return (
    <form
      class="filter"
      onSubmit={(event) => {
        event.preventDefault()
        take()
      }}
    >
      <label for={id}>Filter</label>
      <input
        id={id}
        class="mono"
        value={text}
        spellcheck={false}
        autocomplete="off"
        placeholder="src_as = 64500 AND proto = udp"
        aria-invalid={props.problem !== undefined}
        aria-describedby={props.problem === undefined ? undefined : `${id}-problem`}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={take}
      />
      {props.filter !== '' && (
        <button type="button" class="quiet" onClick={() => props.onFilter('')}>
          Clear
        </button>
      )}
      {props.problem !== undefined && (
        <p class="problems" id={`${id}-problem`}>
          {visible(props.problem)}
        </p>
      )}
    </form>
  )
}
