// A query of the data source grafana-clickhouse-datasource, which the foundation SDK does not know.

import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'

/** The data source of every panel, as provisioned in grafana/provisioning/datasources. */
export const flows = { type: 'grafana-clickhouse-datasource', uid: 'netmon-clickhouse' }

/** The plugin's `format`: long rows of (time, labels, value) made into series, or rows as they come. */
const formats = { series: 0, table: 1 } as const

export interface ClickHouseQuery extends Dataquery {
  refId: string
  datasource: typeof flows
  editorType: 'sql'
  rawSql: string
  format: number
  pluginVersion: string
}

export function query(
  rawSql: string,
  format: keyof typeof formats,
  refId = 'A',
): Builder<ClickHouseQuery> {
  return {
    build: () => ({
      refId,
      datasource: flows,
      editorType: 'sql',
      rawSql,
      format: formats[format],
      pluginVersion: '4.20.0',
      _implementsDataqueryVariant() {},
    }),
  }
}
