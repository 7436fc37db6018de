// What all dashboards share: uid, range, refresh, links to one another, and alerts as annotations.

import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  AnnotationQueryBuilder,
  ConstantVariableBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  QueryVariableBuilder,
  VariableHide,
  type VariableModel,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { alertAnnotations } from './alert-sql.ts'
import { flows, query } from './query.ts'

export function createDashboard(uid: string, title: string): DashboardBuilder {
  return new DashboardBuilder(title)
    .uid(uid)
    .tags(['netmon'])
    .editable()
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .refresh('1m')
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('Network Monitoring')
        .type(DashboardLinkType.Dashboards)
        .tags(['netmon'])
        .asDropdown(true)
        .keepTime(true),
    )
    .annotation(
      new AnnotationQueryBuilder()
        .name('Alerts')
        .datasource(flows)
        .enable(true)
        .iconColor('red')
        .target(query(alertAnnotations, 'table', 'Alerts')),
    )
}

/** Hidden: for the data source plugin, which looks for variables by name. */
export function constant(name: string, value: string): Builder<VariableModel> {
  const builder = new ConstantVariableBuilder(name).value(value)
  return { build: () => ({ ...builder.build(), hide: VariableHide.HideVariable }) }
}

/** What the data source answers to it, for panels alone: neither shown nor taken from an address. Grafana asks again when a variable in it changes. */
export function hiddenQuery(name: string, sql: string): Builder<VariableModel> {
  const builder = new QueryVariableBuilder(name)
    .datasource(flows)
    .query(sql)
    .refresh(VariableRefresh.OnDashboardLoad)
    .hide(VariableHide.HideVariable)
    .current({ text: '', value: '' })
  return { build: () => ({ ...builder.build(), skipUrlSync: true }) }
}
