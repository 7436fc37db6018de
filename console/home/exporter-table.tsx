import type { Exporter } from '../../rules/exporters/exporter.ts'
import { formatAmount } from '../format.ts'
import { Ago } from '../parts/ago.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { TableBox } from '../parts/table-box.tsx'
import { Text } from '../parts/text.tsx'
import { protocolNames, Sampling } from '../routers/routers-page.tsx'

export function ExporterTable({ exporters }: { exporters: readonly Exporter[] }) {
  return (
    <section>
      <h2>Exporters</h2>
      <TableBox>
        <table>
          <caption class="hidden">Exporters of the last 24 hours</caption>
          <thead>
            <tr>
              <th scope="col">Exporter</th>
              <th scope="col">State</th>
              <th scope="col">Last seen</th>
              <th scope="col">Protocols</th>
              <th scope="col" class="number">
                Flows/s
              </th>
              <th scope="col" class="number">
                Lost
              </th>
              <th scope="col">Sampling</th>
            </tr>
          </thead>
          <tbody>
            {exporters.slice(0, 100).map((exporter) => (
              <tr key={`${exporter.address} ${exporter.udp_source}`}>
                <th scope="row">
                  {exporter.router === null ? (
                    <span class="mono">{exporter.address}</span>
                  ) : (
                    <>
                      <a href={`/console/routers/${exporter.router.id}`}>
                        <Text value={exporter.router.name} />
                      </a>{' '}
                      <span class="muted mono">{exporter.address}</span>
                    </>
                  )}
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
                <td class="number">
                  {exporter.rates === null ? '–' : formatAmount(exporter.rates.flows_per_second)}
                </td>
                <td class="number">{lostText(exporter)}</td>
                <td>
                  <Sampling exporter={exporter} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </section>
  )
}

/** Protocols count different things. */
function lostText({ protocols }: Exporter): string {
  const lost = protocols.filter((one) => one.lost > 0)
  if (lost.length === 0) return '0'
  return lost
    .map((one) => `${formatAmount(one.lost)} ${one.lost_unit.replace('_', ' ')}`)
    .join(', ')
}
