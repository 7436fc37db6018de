/** One of a row of figures (`dl.figures`): what it is, how much, and below it what belongs to it. */
export function Figure(props: {
  name: string
  value: string
  note?: string | undefined
  title?: string
  isBad?: boolean
}) {
  const { name, value, note, title, isBad = false } = props
  return (
    <div class={isBad ? 'bad' : ''} title={title}>
      <dt>{name}</dt>
      <dd>{value}</dd>
      {note !== undefined && <dd class="figure-note">{note}</dd>}
    </div>
  )
}
