// The forms of our panels, so that all of a kind look alike.

import type * as cog from '@grafana/grafana-foundation-sdk/cog'
import * as common from '@grafana/grafana-foundation-sdk/common'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as stat from '@grafana/grafana-foundation-sdk/stat'
import * as table from '@grafana/grafana-foundation-sdk/table'
import * as timeseries from '@grafana/grafana-foundation-sdk/timeseries'
import { flows, query } from './query.ts'

export type Panel = cog.Builder<dashboard.Panel>

export interface Form {
  title: string
  description?: string
  sql: string
  /** Of 24 columns. */
  width?: number
  height?: number
}

/** Grafana's interval never gets below what a row of the table spans. */
const minimalInterval = '10s'

/** Series from long rows (time, series, value), or from (time, value). */
export function seriesPanel(form: Form & { unit: string; stacked?: boolean }): Panel {
  const panel = new timeseries.PanelBuilder()
    .title(form.title)
    .datasource(flows)
    .withTarget(query(form.sql, 'series'))
    .interval(minimalInterval)
    .unit(form.unit)
    .min(0)
    .span(form.width ?? 24)
    .height(form.height ?? 8)
    .lineWidth(1)
    .fillOpacity(form.stacked === true ? 60 : 10)
    .showPoints(common.VisibilityMode.Auto)
    .spanNulls(false)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Right)
        .showLegend(true)
        .calcs(['mean', 'max', 'lastNotNull']),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi))
  // Long rows become series whose name is their label.
  if (form.sql.includes(' AS value')) panel.displayName(seriesLabel)
  if (form.stacked === true) {
    panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal))
  }
  if (form.description !== undefined) panel.description(form.description)
  return panel
}

/** Grafana's own syntax, not ours. */
const seriesLabel = ['$', '{__field.labels.series}'].join('')

/** One row as numbers side by side; units by column name, the first one for those not named. */
export function numbersPanel(form: Form & { unit: string; units?: Record<string, string> }): Panel {
  const panel = new stat.PanelBuilder()
    .title(form.title)
    .datasource(flows)
    .withTarget(query(form.sql, 'table'))
    .interval(minimalInterval)
    .unit(form.unit)
    .span(form.width ?? 24)
    .height(form.height ?? 4)
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(common.BigValueColorMode.None)
    .reduceOptions(new common.ReduceDataOptionsBuilder().values(true).calcs([]))
  setUnits(panel, form.units)
  if (form.description !== undefined) panel.description(form.description)
  return panel
}

export function tablePanel(form: Form & { units?: Record<string, string> }): Panel {
  const panel = new table.PanelBuilder()
    .title(form.title)
    .datasource(flows)
    .withTarget(query(form.sql, 'table'))
    .interval(minimalInterval)
    .span(form.width ?? 24)
    .height(form.height ?? 10)
  setUnits(panel, form.units)
  if (form.description !== undefined) panel.description(form.description)
  return panel
}

function setUnits(
  panel: stat.PanelBuilder | table.PanelBuilder,
  units: Record<string, string> = {},
): void {
  for (const [name, unit] of Object.entries(units)) {
    panel.overrideByName(name, [{ id: 'unit', value: unit }])
  }
}

export const row = (title: string) => new dashboard.RowBuilder(title)
