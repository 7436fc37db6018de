import { visible } from '../visible.ts'

/** Text of the wire or of other people: apart from what is around it whichever way it is written, cut where there is no room, whole as title. */
export function Text(props: { value: string; mono?: boolean; look?: 'muted' }) {
  const { mono = false, look } = props
  const shown = visible(props.value)
  return (
    <bdi class={`text${mono ? ' mono' : ''}${look === undefined ? '' : ` ${look}`}`} title={shown}>
      {shown}
    </bdi>
  )
}
