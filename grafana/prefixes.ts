// Traffic of the rules' prefixes: one of them, all of them, and rules with their limits.

import {
  type DashboardBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { createDashboard } from './dashboard.ts'
import { row, seriesPanel, tablePanel } from './panels.ts'
import { flows } from './query.ts'
import { bounds, rollups, rowsOf } from './rollups.ts'
import { bits, packets, rate, rollupRows, topRates, topTotals, type Unit } from './series.ts'

const towards = "direction = 'in'"

function variable(name: string, label: string, sql: string) {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(flows)
    .query(sql)
    .refresh(VariableRefresh.OnDashboardLoad)
    .sort(VariableSort.AlphabeticalCaseInsensitiveAsc)
    .current({ text: '', value: '' })
}

const countedPrefixes =
  'SELECT DISTINCT arrayJoin(chain) AS prefix FROM prefixes FINAL WHERE NOT deleted ORDER BY prefix'
const ruleNames =
  "SELECT id, JSONExtractString(doc, 'name') AS name FROM rules FINAL WHERE NOT deleted ORDER BY name"

/** SQL of a field of the chosen rule. */
const ofRule = (expression: string) =>
  `(SELECT any(${expression}) FROM rules FINAL WHERE id = '$rule' AND NOT deleted)`

/** The rule's own sum, as it is judged: of the prefixes that are counted for it, in its direction, and its limit as a second series. */
function ruleRate(unit: Unit, limit: string): string {
  const counted = ofRule("JSONExtract(doc, 'counted_prefixes', 'Array(String)')")
  const direction = ofRule("JSONExtractString(doc, 'direction')")
  const rows = rowsOf(rollups.prefix, {
    key: 'toString(direction)',
    amount: unit.metric,
    where: `has(${counted}, prefix) AND (${direction} = 'both' OR toString(direction) = ${direction})`,
  })
  return `WITH${bounds(rollups.prefix)},
  ${ofRule(`JSONExtractFloat(doc, '${limit}')`)} AS rule_limit
SELECT toDateTime(bucket, 'UTC') AS time, point.1 AS series, point.2 AS value
FROM
(
  SELECT intDiv(at, step) * step AS bucket, key, toFloat64(sum(amount)) * ${unit.factor} / step AS rate
  FROM ${rows}
  GROUP BY bucket, key
)
ARRAY JOIN if(rule_limit > 0, [(key, rate), ('limit', rule_limit)], [(key, rate)]) AS point
GROUP BY bucket, series, value
ORDER BY bucket, series
SETTINGS $__adHocFilters('raw')`
}

const rulesWithLimits = `SELECT
  JSONExtractString(doc, 'name') AS "Rule",
  JSONExtractString(doc, 'type') AS "Type",
  JSONExtractString(doc, 'scope') AS "Judged",
  JSONExtractString(doc, 'direction') AS "Direction",
  arrayStringConcat(arraySlice(JSONExtract(doc, 'prefixes', 'Array(String)'), 1, 20), ', ') AS "Prefixes",
  nullIf(JSONExtractFloat(doc, 'bandwidth_threshold'), 0) AS "Limit",
  nullIf(JSONExtractFloat(doc, 'packet_threshold'), 0) AS "Packet limit",
  nullIf(JSONExtractFloat(doc, 'flow_threshold'), 0) AS "Flow limit",
  JSONExtractUInt(doc, 'duration') AS "Minutes"
FROM rules FINAL
WHERE NOT deleted
ORDER BY "Rule"
LIMIT 1000`

const units = { Total: bits.total, 'Mean rate': bits.rate, Share: 'percentunit' }

function allPrefixes(): DashboardBuilder {
  const rows = (unit: Unit, direction: string) =>
    rollupRows(rollups.prefix, unit, { key: 'prefix', where: `direction = '${direction}'` })
  const panel = (title: string, unit: Unit, direction: string) =>
    seriesPanel({
      title,
      description: 'A flow counts for every prefix that holds its address, so these do not add up.',
      sql: topRates(rows(unit, direction), unit, 20),
      unit: unit.rate,
    })
  return createDashboard('netmon-prefixes', 'Prefixes and rules')
    .withVariable(variable('rule', 'Rule', ruleNames))
    .withRow(row('Prefixes of rules'))
    .withPanel(panel('Towards each prefix: greatest twenty', bits, 'in'))
    .withPanel(panel('Packets towards each prefix: greatest twenty', packets, 'in'))
    .withPanel(panel('From each prefix: greatest twenty', bits, 'out'))
    .withPanel(
      tablePanel({
        title: 'Traffic towards each prefix',
        sql: topTotals(rows(bits, 'in'), bits, 'Prefix', 500),
        units,
      }),
    )
    .withRow(row('Rules'))
    .withPanel(
      tablePanel({
        title: 'Rules and their limits',
        sql: rulesWithLimits,
        units: { Limit: 'bps', 'Packet limit': 'pps', 'Flow limit': 'short', Minutes: 'short' },
      }),
    )
    .withPanel(
      seriesPanel({
        title: 'Traffic of rule $rule, and its limit',
        description:
          'All its prefixes together. A rule that judges each prefix by itself is crossed when one of them is over the limit.',
        sql: ruleRate(bits, 'bandwidth_threshold'),
        unit: bits.rate,
      }),
    )
    .withPanel(
      seriesPanel({
        title: 'Packets of rule $rule, and its limit',
        sql: ruleRate(packets, 'packet_threshold'),
        unit: packets.rate,
      }),
    )
}

function onePrefix(): DashboardBuilder {
  const where = "prefix = '$prefix'"
  const both = (unit: Unit) =>
    rollupRows(rollups.prefix, unit, { key: 'toString(direction)', where })
  const byVector = (unit: Unit) =>
    rollupRows(rollups.prefixVector, unit, { key: 'toString(vector)', where })
  return createDashboard('netmon-prefix', 'Traffic for a prefix')
    .withVariable(variable('prefix', 'Prefix', countedPrefixes))
    .withPanel(
      seriesPanel({
        title: 'Traffic towards and from $prefix',
        sql: topRates(both(bits), bits, 2),
        unit: bits.rate,
        width: 12,
      }),
    )
    .withPanel(
      seriesPanel({
        title: 'Packets towards and from $prefix',
        sql: topRates(both(packets), packets, 2),
        unit: packets.rate,
        width: 12,
      }),
    )
    .withPanel(
      seriesPanel({
        title: 'Towards $prefix by kind of packets',
        description: 'Each flow is of one kind, the first that fits: docs/rules.md.',
        sql: topRates(byVector(bits), bits, 10),
        unit: bits.rate,
        stacked: true,
        width: 12,
      }),
    )
    .withPanel(
      seriesPanel({
        title: 'Packets towards $prefix by kind',
        sql: topRates(byVector(packets), packets, 10),
        unit: packets.rate,
        stacked: true,
        width: 12,
      }),
    )
    .withPanel(
      seriesPanel({
        title: 'All traffic towards $prefix',
        sql: rate(
          rollupRows(rollups.prefix, bits, { where: `${where} AND ${towards}` }),
          bits,
          'Traffic',
        ),
        unit: bits.rate,
      }),
    )
    .withPanel(
      tablePanel({
        title: 'Kinds of packets towards $prefix',
        sql: topTotals(byVector(bits), bits, 'Kind', 50),
        units,
      }),
    )
}

export const prefixDashboards = { prefixes: allPrefixes(), prefix: onePrefix() }
