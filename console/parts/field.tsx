// Fields of forms. What is wrong with one stands below it, in the API's own words.

import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import type { Problem } from '../../rules/problem.ts'
import { visible } from '../visible.ts'

interface FieldProps {
  label: string
  hint?: ComponentChildren
  problems: readonly Problem[]
}

/** Those of one field of the body, and of what is inside it. */
export function problemsOf(problems: readonly Problem[], field: string): Problem[] {
  return problems.filter(
    ({ source }) => source.pointer === `/${field}` || source.pointer.startsWith(`/${field}/`),
  )
}

export function TextField(
  props: FieldProps & {
    value: string
    onValue(value: string): void
    unit?: string
    placeholder?: string
    /** More lines than one. */
    rows?: number
    mono?: boolean
    inputMode?: 'text' | 'numeric' | 'decimal'
    /** Not to be read over somebody's shoulder, and none of the browser's to keep. */
    isSecret?: boolean
  },
) {
  const { value, onValue, unit, rows, mono, placeholder, inputMode = 'text' } = props
  const { isSecret = false } = props
  const id = useId()
  const common = {
    id,
    value,
    placeholder,
    class: mono === true ? 'mono' : undefined,
    spellcheck: false,
    autocomplete: isSecret ? 'new-password' : 'off',
    ...described(id, props),
  }
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      {rows === undefined ? (
        <span class="with-unit">
          <input
            {...common}
            {...(isSecret ? { type: 'password' as const } : { type: 'text' as const })}
            inputMode={inputMode}
            onInput={(event) => onValue(event.currentTarget.value)}
          />
          {unit !== undefined && <span class="unit">{unit}</span>}
        </span>
      ) : (
        <textarea {...common} rows={rows} onInput={(event) => onValue(event.currentTarget.value)} />
      )}
      <Below id={id} {...props} />
    </div>
  )
}

export function ChoiceField<T extends string>(
  props: FieldProps & {
    value: T
    choices: readonly (readonly [value: T, label: string])[]
    onValue(value: T): void
  },
) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select
        id={id}
        value={props.value}
        onChange={(event) => props.onValue(event.currentTarget.value as T)}
        {...described(id, props)}
      >
        {props.choices.map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <Below id={id} {...props} />
    </div>
  )
}

/** Date and time in the browser's time zone, as `2026-11-22T12:00`; empty when there is none. */
export function MomentField(props: FieldProps & { value: string; onValue(value: string): void }) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        type="datetime-local"
        value={props.value}
        onInput={(event) => props.onValue(event.currentTarget.value)}
        {...described(id, props)}
      />
      <Below id={id} {...props} />
    </div>
  )
}

/** Choices of which any number can be made. */
export function ChecksField<T extends string>(
  props: FieldProps & {
    value: readonly T[]
    choices: readonly (readonly [value: T, label: string])[]
    onValue(value: T[]): void
  },
) {
  const id = useId()
  const { value, choices, onValue } = props
  return (
    <fieldset class="field" {...described(id, props)}>
      <legend>{props.label}</legend>
      <div class="checks">
        {choices.map(([name, label]) => (
          <label key={name}>
            <input
              type="checkbox"
              checked={value.includes(name)}
              onChange={({ currentTarget: { checked } }) =>
                onValue(
                  choices
                    .map(([each]) => each)
                    .filter((each) => (each === name ? checked : value.includes(each))),
                )
              }
            />
            {label}
          </label>
        ))}
      </div>
      <Below id={id} {...props} />
    </fieldset>
  )
}

function described(id: string, { hint, problems }: FieldProps) {
  const by = [problems.length > 0 ? `${id}-problems` : '', hint === undefined ? '' : `${id}-hint`]
  const text = by.join(' ').trim()
  return {
    'aria-invalid': problems.length > 0,
    ...(text === '' ? {} : { 'aria-describedby': text }),
  }
}

function Below({ id, hint, problems }: FieldProps & { id: string }) {
  return (
    <>
      {problems.length > 0 && (
        <div class="problems" id={`${id}-problems`}>
          {problems.map(({ message, source }) => (
            <p key={`${source.pointer} ${message}`}>
              {lineOf(source.pointer)}
              {visible(message)}
            </p>
          ))}
        </div>
      )}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </>
  )
}

/** An element of a list is a line of its field. */
function lineOf(pointer: string): string {
  const match = /^\/\w+\/(\d+)$/.exec(pointer)
  return match === null ? '' : `Line ${Number(match[1]) + 1}: `
}
