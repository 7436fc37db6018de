// Traffic / Mbps and Traffic / PPS: the same dashboard, in bits and in packets.

import {
  AdHocVariableBuilder,
  CustomVariableBuilder,
  type DashboardBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { constant, createDashboard, hiddenQuery } from './dashboard.ts'
import {
  addressName,
  type Name,
  portKey,
  portName,
  protocolName,
  tcpFlagNames,
  tcpFlagsKey,
} from './names.ts'
import { numbersPanel, row, seriesPanel, tablePanel } from './panels.ts'
import { flows } from './query.ts'
import { rollups } from './rollups.ts'
import {
  bits,
  chosenName,
  chosenRows,
  type Kind,
  packets,
  rate,
  rawRows,
  rollupRows,
  summary,
  topRates,
  topTotals,
  type Unit,
} from './series.ts'

/** Each packet once, though all exporters that it passed have it in theirs. */
const everything: Kind = { level: 'edge', whereFine: "router_role = 'edge'" }
const byProtocol: Kind = { level: 'proto', key: 'proto', name: protocolName }
const byFlags: Kind = { level: 'flags', key: tcpFlagsKey, name: tcpFlagNames, where: 'proto = 6' }
const byRouter: Kind = { level: 'exporter', key: 'exporter', name: addressName }
const byPort: Kind = { level: 'port', key: portKey, name: portName }
const hosts: Kind = { level: 'host', key: 'host', name: addressName }
const hostsIn: Kind = { ...hosts, where: "direction = 'in'" }
const hostsOut: Kind = { ...hosts, where: "direction = 'out'" }

/** What rollups tell apart, so that it can be shown over any range. */
const dimensions = [
  { title: 'Protocol', value: 'protocol', rollup: rollups.protocol, kind: byProtocol },
  { title: 'Router', value: 'router', rollup: rollups.interface, kind: byRouter },
  { title: 'TCP flags', value: 'flags', rollup: rollups.protocol, kind: byFlags },
  { title: 'Service port', value: 'port', rollup: rollups.port, kind: byPort },
  {
    title: 'Source AS',
    value: 'source_as',
    rollup: rollups.sourceAs,
    kind: { level: 'as', key: 'src_as' },
  },
  {
    title: 'Destination AS',
    value: 'destination_as',
    rollup: rollups.destinationAs,
    kind: { level: 'as', key: 'dst_as' },
  },
  { title: 'Our sending hosts', value: 'hosts_out', rollup: rollups.host, kind: hostsOut },
  { title: 'Our receiving hosts', value: 'hosts_in', rollup: rollups.host, kind: hostsIn },
]

/** Columns of flows, by which only the newest hour is told apart. */
const columns = [
  { title: 'Source address', value: 'src_addr', name: addressName },
  { title: 'Destination address', value: 'dst_addr', name: addressName },
  { title: 'Source port', value: 'src_port' },
  { title: 'Destination port', value: 'dst_port' },
  { title: 'Router', value: 'sampler_address', name: addressName },
  { title: 'Protocol', value: 'proto', name: protocolName },
  { title: 'TCP flags', value: 'tcp_flags', name: tcpFlagNames },
]

/** Whose flows: a packet that passes a core router is exported there again. */
const roles = [
  { title: 'at the edge', value: 'edge' },
  { title: 'everywhere', value: 'everywhere' },
]

const ownHosts =
  "Hosts inside the rules' prefixes and NETMON_LOCAL_NETWORKS: those of the whole world are not counted one by one."
const lowerPort =
  'TCP, UDP, SCTP, DCCP and UDP-Lite by the lower port of each flow, which is the service more often than not.'
const newestHour =
  "Read from the flows themselves, so the newest hour of the dashboard's range at most. The filters apply."

function traffic(uid: string, title: string, unit: Unit): DashboardBuilder {
  const rate_ = unit.rate
  const units = { Total: unit.total, 'Mean rate': rate_, Share: 'percentunit' }
  const all = rollupRows(rollups.interface, unit, everything)
  const ofProtocol = rollupRows(rollups.protocol, unit, byProtocol)
  const ofFlags = rollupRows(rollups.protocol, unit, byFlags)
  const chosen = chosenRows('by', 'chosen_rows', unit, dimensions)
  const tableOf = (form: {
    title: string
    name: string
    description?: string
    width?: number
  }) => ({
    title: form.title,
    width: form.width ?? 12,
    units,
    ...(form.description !== undefined && { description: form.description }),
  })

  return (
    createDashboard(uid, title)
      .withVariable(choice('by', 'Summary by', dimensions))
      .withVariable(hiddenQuery('chosen_rows', chosen.query))
      .withVariable(choice('column', 'Flows by', columns))
      .withVariable(choice('exported', 'Flows exported', roles))
      .withVariable(new AdHocVariableBuilder('filters').label('Filters').datasource(flows))
      // The plugin offers the columns of this table as filters.
      .withVariable(constant('clickhouse_adhoc_query', 'flows.raw'))
      .withRow(row('All traffic, over the whole range (the filters do not apply)'))
      .withPanel(
        seriesPanel({
          title: 'All traffic',
          sql: rate(all, unit, 'All traffic'),
          unit: rate_,
          width: 18,
        }),
      )
      .withPanel(
        numbersPanel({
          title: 'All traffic: rates of the points, and total',
          sql: summary(all, unit),
          unit: rate_,
          units: { Total: unit.total },
          width: 6,
          height: 8,
        }),
      )
      .withPanel(
        seriesPanel({
          title: 'Greatest five by $by, and the others',
          description: `${lowerPort} ${ownHosts}`,
          sql: topRates(chosen.rows, unit, 5),
          unit: rate_,
          stacked: true,
        }),
      )
      .withPanel(
        seriesPanel({
          title: 'By protocol',
          sql: topRates(ofProtocol, unit, 10),
          unit: rate_,
          stacked: true,
          width: 16,
        }),
      )
      .withPanel(
        tablePanel({
          ...tableOf({ title: 'Protocols', name: 'Protocol', width: 8 }),
          height: 8,
          sql: topTotals(ofProtocol, unit, 'Protocol', 20),
        }),
      )
      .withPanel(
        seriesPanel({
          title: 'TCP by flags',
          description: 'The flags of all packets of a flow together.',
          sql: topRates(ofFlags, unit, 10),
          unit: rate_,
          stacked: true,
          width: 16,
        }),
      )
      .withPanel(
        tablePanel({
          ...tableOf({ title: 'TCP flags', name: 'Flags', width: 8 }),
          height: 8,
          sql: topTotals(ofFlags, unit, 'Flags', 20),
        }),
      )
      .withPanel(
        tablePanel({
          ...tableOf({ title: 'Routers', name: 'Router' }),
          sql: topTotals(rollupRows(rollups.interface, unit, byRouter), unit, 'Router', 50),
        }),
      )
      .withPanel(
        tablePanel({
          ...tableOf({
            title: 'Service ports (the lower of the two)',
            name: 'Port',
            description: lowerPort,
          }),
          sql: topTotals(rollupRows(rollups.port, unit, byPort), unit, 'Service port', 10),
        }),
      )
      .withPanel(
        tablePanel({
          ...tableOf({ title: 'Our sending hosts', name: 'Host', description: ownHosts }),
          sql: topTotals(rollupRows(rollups.host, unit, hostsOut), unit, 'Host', 10),
        }),
      )
      .withPanel(
        tablePanel({
          ...tableOf({ title: 'Our receiving hosts', name: 'Host', description: ownHosts }),
          sql: topTotals(rollupRows(rollups.host, unit, hostsIn), unit, 'Host', 10),
        }),
      )
      .withRow(row('Flows, filtered: the newest hour of the range at most'))
      .withPanel(
        seriesPanel({
          title: 'Flows of the newest hour by $column: greatest five, and the others',
          description: newestHour,
          sql: topRates(rawRows(unit, '$column', chosenName('column', columns)), unit, 5),
          unit: rate_,
          stacked: true,
        }),
      )
      .withPanel(
        numbersPanel({
          title: 'Flows of the newest hour: rates of the points, and total',
          description: newestHour,
          sql: summary(rawRows(unit, "''"), unit),
          unit: rate_,
          units: { Total: unit.total },
        }),
      )
      .withPanel(flowsTable('Source addresses', 'src_addr', addressName))
      .withPanel(flowsTable('Source ports', 'src_port'))
      .withPanel(flowsTable('Destination addresses', 'dst_addr', addressName))
      .withPanel(flowsTable('Destination ports', 'dst_port'))
  )

  function flowsTable(title: string, column: string, name?: Name) {
    return tablePanel({
      ...tableOf({ title: `${title}, newest hour`, name: title, description: newestHour }),
      sql: topTotals(rawRows(unit, column, name), unit, title, 10),
    })
  }
}

function choice(name: string, label: string, options: readonly { title: string; value: string }[]) {
  const [first] = options
  return new CustomVariableBuilder(name)
    .label(label)
    .values(options.map(({ title, value }) => `${title} : ${value}`).join(','))
    .current({ text: first?.title ?? '', value: first?.value ?? '', selected: true })
    .allowCustomValue(false)
}

export const trafficDashboards = {
  'traffic-mbps': traffic('netmon-traffic-mbps', 'Traffic / Mbps', bits),
  'traffic-pps': traffic('netmon-traffic-pps', 'Traffic / PPS', packets),
}
