// Forms: what is typed is a draft of texts, and what the API finds wrong with it stands at the fields.

import type { ComponentChildren } from 'preact'
import type { Problem } from '../../rules/problem.ts'
import { problemsOf } from './field.tsx'
import { FormProblems } from './form-problems.tsx'
import type { Save } from './save.ts'

export function Form(props: {
  saving: Save<unknown>
  /** Those of the body that the form shows problems of itself. */
  fields: readonly string[]
  onSubmit(): Promise<void>
  onReload?: () => void
  look?: string
  children: ComponentChildren
}) {
  const { saving, fields, onReload, look = 'card form' } = props
  return (
    <form
      class={look}
      // The API says what is wrong, all at once and in its own words.
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void props.onSubmit()
      }}
    >
      <FormProblems
        saving={saving}
        fields={fields}
        {...(onReload === undefined ? {} : { onReload })}
      />
      {props.children}
    </form>
  )
}

/** What ties the input of one field to the draft and to its problems; `pointer` where the body calls the field otherwise. */
export function inputsOf<Draft>(
  draft: Draft,
  problems: readonly Problem[],
  onDraft: (change: (before: Draft) => Draft) => void,
) {
  return <Name extends keyof Draft & string>(name: Name, pointer: string = name) => ({
    value: draft[name],
    problems: problemsOf(problems, pointer),
    onValue: (value: Draft[Name]) => onDraft((before) => ({ ...before, [name]: value })),
  })
}
