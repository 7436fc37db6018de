// Lists come by pages, newest first: each page names where the next one begins.

export function Pager(props: {
  /** Of the pages that were opened so far, but the first. */
  cursors: readonly string[]
  next: string | null
  onCursors(cursors: readonly string[]): void
}) {
  const { cursors, next, onCursors } = props
  if (cursors.length === 0 && next === null) return null
  return (
    <div class="actions">
      <button
        type="button"
        disabled={cursors.length === 0}
        onClick={() => onCursors(cursors.slice(0, -1))}
      >
        Newer
      </button>
      <button
        type="button"
        disabled={next === null}
        onClick={() => next !== null && onCursors([...cursors, next])}
      >
        Older
      </button>
    </div>
  )
}
