// Single flows as they are stored, newest first.

import { useState } from 'preact/hooks'
import { protocolName } from '../../api/traffic/protocol-names.ts'
import type { Router } from '../../rules/configuration/router.ts'
import { useAsk } from '../ask.ts'
import { FilterLine } from '../explore/filter-line.tsx'
import {
  type ExploreState,
  hrefOfFlows,
  initialState,
  type Range,
  ranges,
  readTime,
  timeOf,
  timeText,
} from '../explore/state.ts'
import { formatExactly, formatSecond, formatWhole } from '../format.ts'
import { navigate, useLocation } from '../location.ts'
import { Asking } from '../parts/asking.tsx'
import { Pager } from '../parts/pager.tsx'
import { TableBox } from '../parts/table-box.tsx'
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

export function FlowsPage() {
  const { query } = useLocation()
  const filter = query.get('filter') ?? ''
  const time = readTime(query) ?? chosenRange(query.get('range'))
  const go = (range: string, filter: string) =>
    navigate(hrefOfFlows({ ...(range === '' ? { time } : { time: range as Range }), filter }))
  return (
    <Page title="Flows" lead="Single flows as they were exported, newest first.">
      <section class="card controls" aria-label="What is shown">
        <div class="row">
          <fieldset class="segments">
            <legend class="hidden">Time</legend>
            {Object.entries(ranges).map(([name, [title]]) => (
              <button
                key={name}
                type="button"
                aria-pressed={time === name}
                onClick={() => go(name, filter)}
              >
                {title}
              </button>
            ))}
          </fieldset>
          {typeof time !== 'string' && (
            <span>
              {formatExactly(time.from * 1000)} to {formatExactly(time.to * 1000)}
            </span>
          )}
        </div>
        <FilterLine filter={filter} onFilter={(text) => go('', text)} />
      </section>
      <Pages key={query.toString()} time={time} filter={filter} />
    </Page>
  )
}

function chosenRange(text: string | null): Range {
  return text !== null && Object.hasOwn(ranges, text) ? (text as Range) : '15m'
}

function Pages({ time, filter }: { time: ExploreState['time']; filter: string }) {
  // Pages are of one time, whatever comes in meanwhile.
  const [{ from, to }] = useState(() =>
    timeOf({ ...initialState, time }, Math.ceil(Date.now() / 10_000) * 10_000),
  )
  const [cursors, setCursors] = useState<readonly string[]>([])
  const routers = useAsk<Router[]>('/routers')
  const question = new URLSearchParams({
    from: timeText(from),
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
            <FlowTable flows={flows} routers={routers.answer?.result ?? []} />
          )}
          <Pager cursors={cursors} next={answer.cursor} onCursors={setCursors} />
        </>
      )}
    </Asking>
  )
}

function FlowTable({ flows, routers }: { flows: readonly Flow[]; routers: readonly Router[] }) {
  return (
    <TableBox look="dense">
      <table>
        <caption class="hidden">Flows</caption>
        <thead>
          <tr>
            {['Received', 'Exporter', 'Source', 'Destination', 'Protocol', 'Interfaces'].map(
              (name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ),
            )}
            {['Bytes', 'Packets', 'Sampling'].map((name) => (
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
            <FlowRow
              key={index}
              flow={flow}
              exporter={routers.find(({ router_ip }) => router_ip === flow.sampler_address)?.name}
            />
          ))}
        </tbody>
      </table>
    </TableBox>
  )
}

function FlowRow({ flow, exporter }: { flow: Flow; exporter: string | undefined }) {
  const [isOpen, setOpen] = useState(false)
  const receivedMs = Number(flow.time_received_ns) / 1e6
  return (
    <>
      <tr>
        <td title={formatExactly(receivedMs)}>{formatSecond(receivedMs)}</td>
        <td title={flow.sampler_address}>
          {exporter === undefined ? (
            <span class="mono">{flow.sampler_address}</span>
          ) : (
            <Text value={exporter} />
          )}
        </td>
        <td>
          <Endpoint address={flow.src_addr} port={flow.src_port} />
        </td>
        <td>
          <Endpoint address={flow.dst_addr} port={flow.dst_port} />
        </td>
        <td>{protocolName(flow.proto) ?? flow.proto}</td>
        <td class="mono">
          {flow.in_if ?? 0} → {flow.out_if ?? 0}
        </td>
        <td class="number">{formatWhole(flow.bytes)}</td>
        <td class="number">{formatWhole(flow.packets)}</td>
        <td class="number">1 in {formatWhole(flow.sampling_rate ?? 1)}</td>
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

/** `192.0.2.1:443`; `[2001:db8::1]:443`. */
function Endpoint(props: { address: string | undefined; port: number | undefined }) {
  const { address = '', port } = props
  return (
    <span class="mono">
      {address.includes(':') && port !== undefined ? `[${address}]` : address}
      {port !== undefined && <span class="muted">:{port}</span>}
    </span>
  )
}
