import { Text } from '../parts/text.tsx'
import type { Layer } from './time-chart.tsx'

/** What the colours and dashes of a chart stand for. */
export function Legend(props: {
  layers: readonly Layer[]
  lines?: readonly { label: string; look: 'moving' | 'limit' }[]
}) {
  const { layers, lines = [] } = props
  return (
    <ul class="legend">
      {layers.map(({ label, color }) => (
        <li key={label}>
          <span class="swatch" style={{ background: color }} />
          <Text value={label} />
        </li>
      ))}
      {lines.map(({ label, look }) => (
        <li key={look}>
          <span class={`swatch dashed ${look}`} />
          {label}
        </li>
      ))}
    </ul>
  )
}
