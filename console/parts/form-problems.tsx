// What is wrong with a form and stands at none of its fields, with the way out when somebody else was faster.

import { Notes } from './notes.tsx'
import { otherProblems, type Save } from './save.ts'

export function FormProblems(props: {
  saving: Save<unknown>
  fields: readonly string[]
  /** Reads the document again, where there is one. */
  onReload?: () => void
}) {
  const { saving, fields, onReload } = props
  const others = otherProblems(saving.problems, fields)
  if (others.length === 0) return null
  return (
    <div class="note bad" role="alert">
      <Notes texts={others} />
      {saving.isOutdated && onReload !== undefined && (
        <button
          type="button"
          title="What is typed here and not saved is given up"
          onClick={onReload}
        >
          Load it as it is now
        </button>
      )}
    </div>
  )
}
