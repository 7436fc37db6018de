// Single flows as they are stored, newest first.

import { useState } from 'preact/hooks'
import { useAsk } from '../ask.ts'
import { FilterLine } from '../explore/filter-line.tsx'
import { type Range, ranges, timeText } from '../explore/state.ts'
import { formatAmount, formatExactly } from '../format.ts'
import { navigate, useLocation } from '../location.ts'
import { Asking } from '../parts/asking.tsx'
import { Text } from '../parts/text.tsx'
import { Page } from '../shell/page.tsx'

/** Of FlowMessage (schema/flow.proto), what a line shows; all else is told when it is opened. */
interface Flow {
  time_received_ns: string
  sampler_address: string
  src_addr?: string
  dst_addr?: string
  src_port?: number
  dst_port?: number
  proto: number
  tcp_flags?: number
  in_if?: number
  out_if?: number
  bytes: number
  packets: number
  sampling_rate?: number
  [name: string]: unknown
}

const protocols: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  47: 'gre',
  50: 'esp',
  58: 'icmp6',
  132: 'sctp',
}

export function FlowsPage() {
  const { query } = useLocation()
  const text = query.get('range') ?? ''
  const range: Range = Object.hasOwn(ranges, text) ? (text as Range) : '15m'
  const filter = query.get('filter') ?? ''
  const go = (changes: { range?: string; filter?: string }) => {
    const next = new URLSearchParams({
      v: '1',
      range,
      ...(filter === '' ? {} : { filter }),
      ...changes,
    })
    if (next.get('filter') === '') next.delete('filter')
    navigate(`/console/flows?${next}`)
  }
  return (
    <Page title="Flows" lead="Every flow as it was exported, newest first.">
      <section class="card controls" aria-label="What is shown">
        <fieldset class="segments">
          <legend class="hidden">Time</legend>
          {Object.entries(ranges).map(([name, [title]]) => (
            <button
              key={name}
              type="button"
              aria-pressed={range === name}
              onClick={() => go({ range: name })}
            >
              {title}
            </button>
          ))}
        </fieldset>
        <FilterLine filter={filter} onFilter={(text) => go({ filter: text })} />
      </section>
      <Pages key={`${range} ${filter}`} range={range} filter={filter} />
    </Page>
  )
}

function Pages({ range, filter }: { range: Range; filter: string }) {
  // Pages are of one time, whatever comes in meanwhile.
  const [to] = useState(() => Math.ceil(Date.now() / 1000))
  const [cursors, setCursors] = useState<readonly string[]>([])
  const question = new URLSearchParams({
    from: timeText(to - ranges[range][1]),
    to: timeText(to),
    limit: '100',
    ...(filter === '' ? {} : { filter }),
  })
  const cursor = cursors.at(-1)
  if (cursor !== undefined) question.set('cursor', cursor)
  const asked = useAsk<Flow[]>(`/flows?${question}`)
  return (
    <Asking asked={asked}>
      {(flows, answer) => (
        <>
          {flows.length === 0 ? (
            <div class="empty">
              <p>No such flow.</p>
              <p>Choose a longer time, or a wider filter.</p>
            </div>
          ) : (
            <FlowTable flows={flows} />
          )}
          <div class="actions">
            <button
              type="button"
              disabled={cursors.length === 0}
              onClick={() => setCursors(cursors.slice(0, -1))}
            >
              Newer
            </button>
            <button
              type="button"
              disabled={answer.cursor === null}
              onClick={() => answer.cursor !== null && setCursors([...cursors, answer.cursor])}
            >
              Older
            </button>
          </div>
        </>
      )}
    </Asking>
  )
}

function FlowTable({ flows }: { flows: readonly Flow[] }) {
  return (
    <div class="table">
      <table>
        <caption class="hidden">Flows</caption>
        <thead>
          <tr>
            {['Received', 'Exporter', 'From', 'To', 'Protocol', 'In → out'].map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
            {['Bytes', 'Packets', 'Sampled 1 in'].map((name) => (
              <th scope="col" class="number" key={name}>
                {name}
              </th>
            ))}
            <th scope="col">
              <span class="hidden">All fields</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {flows.map((flow, index) => (
            <FlowRow key={index} flow={flow} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function FlowRow({ flow }: { flow: Flow }) {
  const [isOpen, setOpen] = useState(false)
  const end = (address: string | undefined, port: number | undefined) =>
    `${address ?? ''}${port === undefined ? '' : ` ${port}`}`
  return (
    <>
      <tr>
        <td>{formatExactly(Number(flow.time_received_ns) / 1e6)}</td>
        <td class="mono">{flow.sampler_address}</td>
        <td class="mono">{end(flow.src_addr, flow.src_port)}</td>
        <td class="mono">{end(flow.dst_addr, flow.dst_port)}</td>
        <td>{protocols[flow.proto] ?? flow.proto}</td>
        <td class="mono">
          {flow.in_if ?? 0} → {flow.out_if ?? 0}
        </td>
        <td class="number">{formatAmount(flow.bytes)}</td>
        <td class="number">{formatAmount(flow.packets)}</td>
        <td class="number">{flow.sampling_rate ?? 1}</td>
        <td class="end">
          <button
            type="button"
            class="quiet small"
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? 'Less' : 'All'}
          </button>
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={10}>
            <dl class="details">
              {Object.entries(flow).map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>
                    <Text
                      value={typeof value === 'object' ? JSON.stringify(value) : String(value)}
                      mono
                    />
                  </dd>
                </div>
              ))}
            </dl>
          </td>
        </tr>
      )}
    </>
  )
}
