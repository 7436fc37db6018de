import { formatAmount, formatDuration, formatMoment } from '../format.ts'
import { TableBox } from '../parts/table-box.tsx'
import { Text } from '../parts/text.tsx'
import { type Alert, metricUnits, peakOf } from './alert.ts'
import { classNames } from './class-names.ts'

export function AlertTable({ alerts }: { alerts: readonly Alert[] }) {
  return (
    <TableBox>
      <table>
        <caption class="hidden">Alerts</caption>
        <thead>
          <tr>
            <th scope="col">Severity</th>
            <th scope="col">Rule</th>
            <th scope="col">Target</th>
            <th scope="col">State</th>
            <th scope="col">Began</th>
            <th scope="col" class="number">
              Lasted
            </th>
            <th scope="col" class="number">
              Peak
            </th>
            <th scope="col" class="number">
              Limit
            </th>
          </tr>
        </thead>
        <tbody>
          {alerts.map((alert) => (
            <AlertRow key={alert.id} alert={alert} />
          ))}
        </tbody>
      </table>
    </TableBox>
  )
}

function AlertRow({ alert }: { alert: Alert }) {
  const began = Date.parse(alert.started_at)
  const ended = alert.resolved_at === null ? Date.now() : Date.parse(alert.resolved_at)
  const unit = metricUnits[alert.metric]
  return (
    <tr>
      <td>
        <Severity alert={alert} />
      </td>
      <th scope="row">
        <a href={`/console/alerts/${alert.id}`}>
          <Text value={alert.rule_name} />
        </a>
      </th>
      <td>
        <span class="mono">
          <Text value={alert.scope === 'rule' ? (alert.prefixes[0] ?? '') : alert.key} />
        </span>{' '}
        <span class="muted">
          {alert.direction}
          {alert.vector !== null && `, ${alert.vector}`}
        </span>
      </td>
      <td>
        <AlertState alert={alert} />
      </td>
      <td>{formatMoment(began)}</td>
      <td class="number">{formatDuration(ended - began)}</td>
      <td class="number">{formatAmount(peakOf(alert), unit)}</td>
      <td class="number">{alert.limit === null ? '–' : formatAmount(alert.limit, unit)}</td>
    </tr>
  )
}

export function Severity({ alert }: { alert: Alert }) {
  const isOver = alert.state === 'resolved'
  return <span class={`tag ${isOver ? 'past' : alert.severity}`}>{alert.severity}</span>
}

export function AlertState({ alert }: { alert: Alert }) {
  const look = alert.state === 'resolved' ? 'faint' : alert.state === 'firing' ? 'bad' : 'caution'
  const also = [
    alert.flapping && 'flapping',
    alert.health === 'no_data' && 'no data',
    alert.acknowledged !== null && 'acknowledged',
    alert.classification !== null && classNames[alert.classification.class],
    alert.silenced && 'silenced',
  ].filter((text) => text !== false)
  return (
    <>
      <span class={`state ${look}`}>{alert.state}</span>
      {also.length > 0 && <span class="muted"> {also.join(', ')}</span>}
    </>
  )
}
