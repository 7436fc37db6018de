// What an attack was made of, from its single flows, and how it could be stopped.

import type { Evidence } from '../../rules/evidence/evidence.ts'
import { formatAmount, formatWhole } from '../format.ts'
import { ShareList } from '../home/top-lists.tsx'
import { Code } from '../parts/code.tsx'
import { useHostNames } from '../parts/host-names.tsx'
import { Text } from '../parts/text.tsx'
import { isAddress } from '../traffic.ts'
import { visible } from '../visible.ts'
import type { Alert } from './alert.ts'

const tops = [
  ['dst_addr', 'Destinations'],
  ['src_addr', 'Sources'],
  ['src_net', 'Source networks'],
  ['src_as', 'Source AS'],
  ['src_port', 'Source ports'],
  ['dst_port', 'Destination ports'],
  ['proto', 'Protocols'],
  ['tcp_flags', 'TCP flags'],
  ['packet_size', 'Packet sizes'],
  ['exporter', 'Exporters'],
  ['interface', 'Interfaces'],
] as const

const patterns = {
  single: 'one host',
  spread: 'some hosts',
  carpet: 'many hosts evenly',
} as const

export function EvidenceCard({ evidence }: { evidence: Evidence; alert: Alert }) {
  const { suggestion, top } = evidence
  const { names, button } = useHostNames([
    ...new Set([...top.dst_addr, ...top.src_addr].map(({ key }) => key)),
  ])
  return (
    <section>
      <h2>Evidence</h2>
      <p class="muted">
        {formatAmount(evidence.bytes, 'B')} and {formatAmount(evidence.packets)} packets in{' '}
        {formatWhole(evidence.flows)} flows, from {formatWhole(evidence.sources)} to{' '}
        {formatWhole(evidence.destinations)} addresses: it hits {patterns[evidence.pattern]}.
      </p>
      <div class="lists">
        {tops.map(([dimension, title]) => {
          const rows = evidence.top[dimension]
          if (rows.length === 0) return null
          return (
            <div class="card list" key={dimension}>
              <h3>{title}</h3>
              <ShareList
                rows={rows.slice(0, 6).map((row) => ({
                  ...row,
                  label: <Text value={labelOfShare(dimension, row, names.get(row.key))} />,
                }))}
              />
            </div>
          )
        })}
      </div>
      {button}
      {suggestion !== null && (
        <div class="card">
          <h3>Suggested mitigation</h3>
          {suggestion.note !== null && <p class="caution">{visible(suggestion.note)}</p>}
          <h4>Flowspec</h4>
          <Code>{visible(suggestion.flowspec)}</Code>
          <h4>Access list</h4>
          <Code>{visible(suggestion.acl)}</Code>
        </div>
      )}
    </section>
  )
}

/** `fra-edge-1 (192.0.2.1)`; `198.51.100.7, host.example.net, Netherlands`. */
function labelOfShare(
  dimension: string,
  { key, name }: { key: string; name: string | null },
  host: string | undefined,
): string {
  const known = [host, name].filter((text) => text != null && text !== '')
  if (known.length === 0) return key
  return isAddress(dimension) ? [key, ...known].join(', ') : `${known.join(', ')} (${key})`
}
