import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync, Visitor } from 'rolldown/utils'
import { expect, test } from 'vitest'
import { packageRoot } from '../runtime/package-root.ts'

// Values reach ClickHouse as parameters, never inside a statement. What is put together here and stands in a statement all the same was looked at by a
// person, and is made of constants of the program, or of names that were looked up in a list of them. Who adds to this list says the same.
const reviewed: Readonly<Record<string, readonly string[]>> = {
  'api/periodic/coarse-rollups.ts': [
    'time',
    'done',
    "columns.join(', ')",
    'metrics',
    "values.join(', ')",
    "keys.map((key) => `$\u007bkey}, `).join('')",
    "['bucket', 'of_minute', ...keys].join(', ')",
    "['bucket', ...keys].join(', ')",
    "isLast ? 'any(first_flows)' : 'sum(minute_flows)'",
    'where',
    "isLast ? firstFlows(keys) : ''",
  ],
  'api/periodic/retention.ts': ['id', 'table', 'onIt', 'Math.trunc(days)'],
  'api/traffic/flows.ts': [
    'conditions',
    "parameters.add('UInt32', wanted)",
    'questionLimits',
    "flowExpressions.join(', ')",
    "conditions.join(' AND ')",
    "parameters.add('UInt32', limit)",
    "parameters.add('UInt32', after?.told ?? 0)",
  ],
  'api/traffic/statement.ts': [
    'ranking',
    'slot',
    'foldedKey(keys)',
    'amountsAsText',
    "pieces.join('\\n UNION ALL\\n ')",
    'questionLimits',
    "keys.join(', ')",
    "parameters.add('UInt32', question.limit)",
    'rankedKeys',
    "selected.join(', ')",
    'table.name',
    "table.isCoarse ? ' FINAL' : ''",
    "conditions.join(' AND ')",
  ],
  'collector/sink/clickhouse.ts': ['segment.stream', 'structure'],
  'rules/alerts/history.ts': ['eventColumns'],
  'rules/alerts/watch-sources.ts': ["addressText('exporter')", "addressText('udp_source')"],
  'rules/configuration/backfill.ts': ['name', 'key', 'columns', 'matches'],
  'rules/ddos/sources.ts': ['leastAmplifierSources', 'from', 'rawFlowSettings'],
  'rules/ddos/traffic.ts': [
    'countsFor',
    "inRanges('m.minute', ranges)",
    'prefixesOfSource',
    'wanted',
  ],
  'rules/evidence/names.ts': ["addressText('exporter')"],
  'rules/evidence/evidence.ts': [
    'from',
    'rawFlowSettings',
    "keys.join(', ')",
    'by',
    'mostShown',
    'mostKeys',
  ],
  'rules/threshold/hosts.ts': ["addressText('address')", 'minutesTuple', 'condition', 'having'],
  'rules/traffic/raw-flows.ts': ['ours', 'theirs', 'prefixesOfSource'],
  'rules/zscore/packed-amounts.ts': [
    "columns.map(packedList).join(', ')",
    'rowMark',
    'column',
    'mostAmount',
    'amountBits',
  ],
  'rules/zscore/series-amounts.ts': [
    'packedColumns(columns)',
    "minutes === undefined ? '' : onlyMinutes",
  ],
  'rules/traffic/traffic.ts': [
    'minutesTuple',
    "inRanges('m.minute', ranges)",
    "inRanges('minute', ranges)",
    'prefixesOfSource',
    "greatest('bytes')",
    "greatest('packets')",
    "greatest('flows')",
  ],
  'rules/evidence/victims.ts': [
    "addressText('ours')",
    'from',
    'mostVictims',
    'rawFlowSettings',
    'mostHosts',
  ],
  'schema/cluster.ts': [
    'before',
    'name',
    'onIt',
    'rest',
    'localName(name)',
    'as',
    'replicated(rest, place)',
    'cluster',
    'database',
    'key',
  ],
  'schema/migrate.ts': ['onIt'],
  'schema/store/engine.ts': ['tag'],
}

const statement =
  /\b(?:SELECT|INSERT INTO|FROM [a-z{]|WHERE|GROUP BY|ORDER BY|CREATE (?:TABLE|VIEW|DATABASE|DICTIONARY)|ALTER TABLE|DELETE FROM|TRUNCATE|UNION ALL|KILL QUERY|DROP (?:TABLE|PARTITION|VIEW|DATABASE)|SYSTEM RELOAD)\b/

/** What template literals and sums that look like SQL have put into them, as it is written. */
function putInto(source: string, name: string): string[] {
  const found: string[] = []
  const textOf = ({ start, end }: { start: number; end: number }) =>
    source.slice(start, end).replaceAll(/\s+/g, ' ')
  new Visitor({
    TemplateLiteral({ quasis, expressions }) {
      if (!statement.test(quasis.map(({ value }) => value.raw).join(' _ '))) return
      found.push(...expressions.map(textOf))
    },
    BinaryExpression(node) {
      if (node.operator !== '+') return
      const sides = [node.left, node.right]
      const isSql = sides.some(
        (side) =>
          side.type === 'Literal' && typeof side.value === 'string' && statement.test(side.value),
      )
      if (isSql) found.push(...sides.filter(({ type }) => type !== 'Literal').map(textOf))
    },
  }).visit(parseSync(name, source).program)
  return found
}

/** What is no part of the running program: tests, benchmarks, and what writes the dashboards, whose statements are files for people to read. */
const otherFolders = ['test', 'bench', 'grafana']

/** Every other file that is compiled. */
function sourceFiles(): string[] {
  const text = readFileSync(path.join(packageRoot, 'tsconfig.json'), 'utf8')
  const folders: string[] = JSON.parse(text).include
  return folders
    .filter((name) => !name.includes('.') && !otherFolders.includes(name))
    .flatMap((folder) =>
      readdirSync(path.join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.tsx?$/.test(file))
        .map((file) => `${folder}/${file}`),
    )
}

test('no value is put into an SQL statement', () => {
  const sources = sourceFiles()
  expect(sources.length).toBeGreaterThan(200)
  const unknown: string[] = []
  for (const file of sources) {
    const source = readFileSync(path.join(packageRoot, file), 'utf8')
    for (const text of putInto(source, file)) {
      if (!reviewed[file]?.includes(text)) unknown.push(`${file}: ${text}`)
    }
  }
  expect(unknown, 'send it as a parameter, {name:Type}').toEqual([])
})

test.each([
  ['const q = `SELECT a FROM t WHERE b = <value>`', ['value']],
  ["const q = 'SELECT a FROM t WHERE b = ' + value", ['value']],
  ['client.command({ query: `TRUNCATE TABLE <name>` })', ['name']],
  ['const q = `SELECT a FROM t WHERE b = {value:String}`', []],
  ['const text = `<count> rows from <place>`', []],
])('%s is seen', (source, found) => {
  // Written with < >, since it is not this file that puts anything in.
  expect(putInto(source.replaceAll('<', '$\u007b').replaceAll('>', '}'), 'x.ts')).toEqual(found)
})
