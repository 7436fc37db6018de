// The filter: what can come next while it is typed, and where it is wrong. It counts when it is left or sent, so that half of one is no question.

import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { parseFilter } from '../../api/traffic/filter-parse.ts'
import { visible } from '../visible.ts'
import { type Completion, type Completions, complete } from './complete.ts'

const none: Completions = { from: 0, choices: [] }

export function FilterLine(props: { filter: string; onFilter(filter: string): void }) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(props.filter)
  const [offered, setOffered] = useState(none)
  const [chosen, setChosen] = useState(-1)
  const [isLeft, setLeft] = useState(true)
  useEffect(() => setText(props.filter), [props.filter])

  const problem = parseFilter(text).problem
  const isShown = offered.choices.length > 0
  const offer = (value: string, cursor: number) => {
    setOffered(complete(value, cursor))
    setChosen(-1)
  }
  const take = () => {
    setOffered(none)
    setLeft(true)
    if (problem === undefined && text.trim() !== props.filter) props.onFilter(text.trim())
  }
  const insert = ({ text: word }: Completion) => {
    const cursor = input.current?.selectionStart ?? text.length
    const before = `${text.slice(0, offered.from)}${word} `
    const after = `${before}${text.slice(cursor).trimStart()}`
    setText(after)
    offer(after, before.length)
    requestAnimationFrame(() => {
      input.current?.focus()
      input.current?.setSelectionRange(before.length, before.length)
    })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setOffered(none)
    if (!isShown) return
    const count = offered.choices.length
    if (event.key === 'ArrowDown') setChosen((before) => (before + 1) % count)
    else if (event.key === 'ArrowUp') setChosen((before) => (before <= 0 ? count : before) - 1)
    else if (event.key === 'Enter' && chosen >= 0) insert(offered.choices[chosen]!)
    else return
    event.preventDefault()
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
      <span class="combo">
        <input
          id={id}
          ref={input}
          class="mono"
          value={text}
          role="combobox"
          aria-autocomplete="list"
          aria-expanded={isShown}
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen < 0 ? undefined : `${id}-${chosen}`}
          aria-invalid={isLeft && problem !== undefined}
          aria-describedby={`${id}-problem`}
          spellcheck={false}
          autocomplete="off"
          placeholder="src_as = 64500 AND proto = udp"
          onInput={(event) => {
            const { value, selectionStart } = event.currentTarget
            setText(value)
            setLeft(false)
            offer(value, selectionStart ?? value.length)
          }}
          onFocus={(event) => {
            const { value, selectionStart } = event.currentTarget
            offer(value, selectionStart ?? value.length)
          }}
          onBlur={take}
          onKeyDown={onKeyDown}
        />
        <div id={`${id}-list`} role="listbox" aria-label="What can come next" hidden={!isShown}>
          {offered.choices.map((choice, index) => (
            <div
              key={choice.text}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === chosen}
              // Before the input is left.
              onPointerDown={(event) => {
                event.preventDefault()
                insert(choice)
              }}
            >
              <span class="mono">{choice.text}</span>
              <span class="muted">{choice.note}</span>
            </div>
          ))}
        </div>
      </span>
      {props.filter !== '' && (
        <button type="button" class="quiet" onClick={() => props.onFilter('')}>
          Clear
        </button>
      )}
      <p class="problems" id={`${id}-problem`}>
        {isLeft && problem !== undefined && (
          <>
            {visible(problem.message)}:{' '}
            <span class="mono">
              {visible(text.slice(Math.max(0, problem.start - 24), problem.start))}
              <mark>{visible(text.slice(problem.start, problem.end)) || '…'}</mark>
              {visible(text.slice(problem.end, problem.end + 24))}
            </span>
          </>
        )}
      </p>
    </form>
  )
}
