// What the plugin grafana-clickhouse-datasource and Grafana make of a panel's query: its macros and variables, as their documentation has them.

export interface View {
  /** Seconds since 1970. */
  from: number
  to: number
  intervalSeconds: number
  /** Values of the dashboard's variables. */
  variables: Readonly<Record<string, string>>
  /** Ad-hoc filters as one condition, for the named table; none: ''. */
  filter?: string
}

/** @throws Error for a macro or a variable that is left. */
export function expand(sql: string, view: View): string {
  const { from, to, intervalSeconds, variables, filter = '' } = view
  const seconds = Math.max(1, Math.trunc(intervalSeconds))
  const expanded = sql
    .replaceAll(/\$__adHocFilters\('(\w+)'\)/g, (_, table: string) =>
      filter === ''
        ? 'additional_table_filters={}'
        : `additional_table_filters={'${table}': '${filter.replaceAll("'", "\\'")}'}`,
    )
    .replaceAll('$__fromTime', `toDateTime(${from})`)
    .replaceAll('$__toTime', `toDateTime(${to})`)
    .replaceAll('$__interval_s', String(seconds))
    .replaceAll(/\$(?!__)(\w+)/g, (whole, name: string) => variables[name] ?? whole)
  const left = /\$\w+/.exec(expanded)
  if (left !== null) throw new Error(`nobody expands ${left[0]}`)
  return expanded
}
