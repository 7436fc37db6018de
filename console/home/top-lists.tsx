// The greatest of the last hour, of what people ask about first. A click explores one.

import { useMemo, useState } from 'preact/hooks'
import { useAsk } from '../ask.ts'
import { hrefOf, initialState, narrowed, timeText } from '../explore/state.ts'
import { formatAmount, formatShare } from '../format.ts'
import { Asking } from '../parts/asking.tsx'
import { Text } from '../parts/text.tsx'
import { labelOf, type Top } from '../traffic.ts'

const lists = [
  ['src_as', 'Source AS'],
  ['dst_as', 'Destination AS'],
  ['dst_addr', 'Destination hosts'],
  ['src_addr', 'Source hosts'],
  ['port', 'Service ports'],
  ['proto', 'Protocols'],
] as const

export function TopLists() {
  const [nowMs] = useState(Date.now)
  return (
    <section>
      <h2>Last hour</h2>
      <div class="lists">
        {lists.map(([dimension, title]) => (
          <TopList key={dimension} dimension={dimension} title={title} nowMs={nowMs} />
        ))}
      </div>
    </section>
  )
}

function TopList(props: { dimension: string; title: string; nowMs: number }) {
  const { dimension, title, nowMs } = props
  const path = useMemo(() => {
    const to = Math.floor(nowMs / 60_000) * 60
    const query = { by: dimension, limit: '6', from: timeText(to - 3600), to: timeText(to + 60) }
    return `/traffic/top?${new URLSearchParams(query)}`
  }, [dimension, nowMs])
  const asked = useAsk<Top>(path)
  const state = { ...initialState, time: '1h' as const, by: [dimension] }
  return (
    <div class="card list">
      <h3>
        <a href={hrefOf(state)}>{title}</a>
      </h3>
      <Asking asked={asked}>
        {(top) =>
          top.rows.length === 0 ? (
            <p class="muted">nothing</p>
          ) : (
            <ol>
              {top.rows.map((row) => (
                <li key={row.key.join(' ')}>
                  <meter min={0} max={1} value={row.share} aria-hidden="true" />
                  <a href={hrefOf(narrowed(state, [dimension], row.key, true))}>
                    <Text value={labelOf(row)} />
                  </a>
                  <span class="muted">{formatAmount(row.bytes, 'B')}</span>
                  <b>{formatShare(row.share)}</b>
                </li>
              ))}
            </ol>
          )
        }
      </Asking>
    </div>
  )
}
