// The routers, and the exporters that nobody has entered yet.

import type { Router } from '../../rules/configuration/router.ts'
import type { Exporter } from '../../rules/exporters/exporter.ts'
import { useAsk } from '../ask.ts'
import { formatAmount } from '../format.ts'
import { Ago } from '../parts/ago.tsx'
import { Asking } from '../parts/asking.tsx'
import { Flash } from '../parts/flash.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { TableBox } from '../parts/table-box.tsx'
import { Text } from '../parts/text.tsx'
import { Page } from '../shell/page.tsx'

export function RoutersPage() {
  const routers = useAsk<Router[]>('/routers')
  const exporters = useAsk<Exporter[]>('/exporters', { everyMs: 10_000 })
  const heard = exporters.answer?.result
  return (
    <Page
      title="Routers"
      lead="Names of exporters, and the sampling rate of those that do not announce it."
      actions={
        <a class="button primary" href="/console/routers/new">
          Add a router
        </a>
      }
    >
      <Flash />
      <Asking asked={routers}>
        {(list) =>
          list.length === 0 ? (
            <div class="empty">
              <p>No router is entered yet.</p>
              <p>
                That loses nothing: flows of unknown exporters are stored as well. Enter those whose
                exports do not tell how they sample.
              </p>
            </div>
          ) : (
            <RouterTable routers={list} heard={heard} />
          )
        }
      </Asking>
      <UnknownExporters heard={heard?.filter(({ router }) => router === null) ?? []} />
    </Page>
  )
}

function RouterTable(props: {
  routers: readonly Router[]
  heard: readonly Exporter[] | undefined
}) {
  return (
    <TableBox>
      <table>
        <caption class="hidden">Routers</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Address</th>
            <th scope="col">Role</th>
            <th scope="col">State</th>
            <th scope="col">Last seen</th>
            <th scope="col" class="number">
              Flows/s
            </th>
            <th scope="col" class="number">
              Default sampling
            </th>
            <th scope="col">Sampling in use</th>
          </tr>
        </thead>
        <tbody>
          {props.routers.map((router) => {
            const own = props.heard?.filter((exporter) => exporter.router?.id === router.id)
            return <RouterRow key={router.id} router={router} exporters={own} />
          })}
        </tbody>
      </table>
    </TableBox>
  )
}

function RouterRow(props: { router: Router; exporters: readonly Exporter[] | undefined }) {
  const { router, exporters = [] } = props
  const newest = exporters.toSorted((a, b) => Date.parse(b.last_seen) - Date.parse(a.last_seen))[0]
  const rate = exporters.reduce((sum, { rates }) => sum + (rates?.flows_per_second ?? 0), 0)
  return (
    <tr>
      <th scope="row">
        <a href={`/console/routers/${router.id}`}>
          <Text value={router.name} />
        </a>
      </th>
      <td class="mono">{router.router_ip}</td>
      <td>{router.role ?? 'edge'}</td>
      <td>{props.exporters !== undefined && <StateMark state={newest?.state ?? 'not_heard'} />}</td>
      <td>{newest === undefined ? 'never' : <Ago time={newest.last_seen} />}</td>
      <td class="number">{newest === undefined ? '' : formatAmount(rate)}</td>
      <td class="number">1 in {Math.max(1, router.default_sampling)}</td>
      <td>{newest !== undefined && <Sampling exporter={newest} />}</td>
    </tr>
  )
}

const sources = {
  assumed: 'assumed',
  exporter: 'from the exporter',
  router_default: 'router default',
  override: 'override',
} as const

export function Sampling({ exporter }: { exporter: Exporter }) {
  const { rate, source } = exporter.sampling
  if (rate === null || source === null) return <>no flow yet</>
  return (
    <>
      1 in {rate}{' '}
      <span class={source === 'assumed' ? 'muted caution' : 'muted'}>{sources[source]}</span>
    </>
  )
}

function UnknownExporters({ heard }: { heard: readonly Exporter[] }) {
  if (heard.length === 0) return null
  return (
    <section>
      <h2>Unknown exporters</h2>
      <TableBox>
        <table>
          <caption class="hidden">Exporters that are no router</caption>
          <thead>
            <tr>
              <th scope="col">Address</th>
              <th scope="col">State</th>
              <th scope="col">Last seen</th>
              <th scope="col">Protocols</th>
              <th scope="col">Sampling in use</th>
              <th scope="col">
                <span class="hidden">Add it</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {heard.map((exporter) => (
              <tr key={`${exporter.address} ${exporter.udp_source}`}>
                <th scope="row" class="mono">
                  {exporter.address}
                </th>
                <td>
                  <StateMark state={exporter.state} />
                </td>
                <td>
                  <Ago time={exporter.last_seen} />
                </td>
                <td>
                  {exporter.protocols.map(({ protocol }) => protocolNames[protocol]).join(', ')}
                </td>
                <td>
                  <Sampling exporter={exporter} />
                </td>
                <td class="end">
                  <a
                    class="button small"
                    href={`/console/routers/new?address=${encodeURIComponent(exporter.address)}`}
                    aria-label={`Add ${exporter.address} as a router`}
                  >
                    Add
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </section>
  )
}

export const protocolNames = {
  NETFLOW_V5: 'NetFlow v5',
  NETFLOW_V9: 'NetFlow v9',
  IPFIX: 'IPFIX',
  SFLOW_5: 'sFlow',
} as const
