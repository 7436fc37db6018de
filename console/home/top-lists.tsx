// The greatest of the day, of what people ask about first. A click explores one.

import type { ComponentChildren } from 'preact'
import { hrefOf, initialState, narrowed } from '../explore/state.ts'
import { formatAmount, formatShare } from '../format.ts'
import { Text } from '../parts/text.tsx'
import { labelOf, type Summary, type TopRow } from '../traffic.ts'

const lists = [
  ['src_as', 'Source AS'],
  ['dst_as', 'Destination AS'],
  ['port', 'Service ports'],
  ['proto', 'Protocols'],
  ['host', 'Own hosts'],
  ['prefix', "Rules' prefixes"],
] as const

export function TopLists({ top }: { top: Summary['top'] }) {
  return (
    <section>
      <h2>Top of the last 24 hours</h2>
      <div class="lists">
        {lists.map(([dimension, title]) => (
          <TopList key={dimension} dimension={dimension} title={title} rows={top[dimension]} />
        ))}
      </div>
    </section>
  )
}

/** Hosts and prefixes are told apart only inside the prefixes of rules. */
const onlyOfRules = ['host', 'prefix']

function TopList(props: { dimension: string; title: string; rows: readonly TopRow[] }) {
  const { dimension, title, rows } = props
  const state = { ...initialState, time: '24h' as const, by: [dimension] }
  return (
    <div class="card list">
      <h3>
        <a href={hrefOf(state)}>{title}</a>
      </h3>
      {rows.length === 0 ? (
        <p class="muted">
          {onlyOfRules.includes(dimension) ? (
            <>
              Known of prefixes that a <a href="/console/rules">rule</a> has.
            </>
          ) : (
            'None.'
          )}
        </p>
      ) : (
        <ShareList
          rows={rows.map((row) => ({
            ...row,
            label: (
              <a href={hrefOf(narrowed(state, [dimension], row.key, true))}>
                <Text value={labelOf(row, [dimension])} />
              </a>
            ),
          }))}
        />
      )}
    </div>
  )
}

/** Each with its share as a bar behind it. */
export function ShareList(props: {
  rows: readonly {
    key: string | readonly string[]
    label: ComponentChildren
    bytes: number
    share: number
  }[]
}) {
  return (
    <ol>
      {props.rows.map(({ key, label, bytes, share }) => (
        <li key={String(key)}>
          <meter min={0} max={1} value={share} aria-hidden="true" />
          {label}
          <span class="muted">{formatAmount(bytes, 'B')}</span>
          <b>{formatShare(share)}</b>
        </li>
      ))}
    </ol>
  )
}
