import { visible } from '../visible.ts'

/** Text of the wire or of other people: apart from what is around it whichever way it is written, cut where there is no room, whole as title. */
export function Text({ value, mono = false }: { value: string; mono?: boolean }) {
  const shown = visible(value)
  return (
    <bdi class={mono ? 'text mono' : 'text'} title={shown}>
      {shown}
    </bdi>
  )
}
