// Refuses what callers may not do, before the engine sees it. It judges tokens, not text, so quoting, comments, white space and case change nothing,
// and it knows from the engine itself which names are table functions and settings, so that lists of what is allowed are enough.

import { QueryFailure } from '../failure.ts'
import {
  afterEngineColumn,
  dictionaryLayouts,
  dictionarySourceKeys,
  engines,
  formats,
  kafkaSettings,
  refusedFunctions,
  refusedSettings,
  refusedStatements,
  statements,
  systemObjects,
  tableFunctions,
  textSettings,
  textTypes,
} from './allowed.ts'
import { isSymbol, isWord, type Token, tokenize } from './lexer.ts'
import type { Statement } from './statement.ts'

/** What the running engine has. */
export interface EngineNames {
  /** In lower case. */
  readonly tableFunctions: ReadonlySet<string>
  /** Type by name, such as String or UInt64. */
  readonly settings: ReadonlyMap<string, string>
  /** The one broker list that tables may read from; undefined when none may. */
  readonly kafkaBrokers: string | undefined
}

/** @throws QueryFailure ACCESS_DENIED for what callers may not do, SYNTAX_ERROR, UNKNOWN_SETTING */
export function checkStatement({ verb, tokens }: Statement, known: EngineNames): void {
  checkVerb(verb, tokens)
  checkNames(tokens, known)
  checkSettingsClauses(tokens, known)
  if (verb === 'CREATE' || verb === 'REPLACE') {
    checkEngines(tokens, known)
    checkDictionary(tokens, known)
  }
}

/** @throws QueryFailure ACCESS_DENIED */
export function checkFormat(name: string): void {
  if (!formats.test(name)) throw denied(`format ${name}`)
}

/** Any SQL that a statement carries in a string, or inline VALUES. */
export function checkFragment(sql: string, known: EngineNames): void {
  const tokens = [...tokenize(sql)]
  checkNames(tokens, known)
  checkSettingsClauses(tokens, known)
}

/** A value bound to `{name:Identifier}` becomes a name in the query, and a function may be named without a call: `arrayMap(file, ...)`. */
export function checkIdentifier(value: string, known: EngineNames): void {
  for (const part of value.split('.')) {
    const name = part.replaceAll(/[`"]/g, '').toLowerCase()
    if (refusedFunctions.has(name) || !mayCall(name, known)) throw denied(`function ${part}`)
  }
}

/** @throws QueryFailure UNKNOWN_SETTING when the engine has no such setting, ACCESS_DENIED when callers may not set it so */
export function checkSetting(name: string, value: string | undefined, known: EngineNames): void {
  const type = known.settings.get(name)
  if (type === undefined) {
    throw new QueryFailure(
      'UNKNOWN_SETTING',
      `Setting ${name} is neither a builtin setting nor started with the prefix 'SQL_' registered for user-defined settings.`,
    )
  }
  const refused =
    refusedSettings.has(name) ||
    (textTypes.has(type) && !textSettings.has(name)) ||
    // A schema is given as text: as a file or a query it would be read with the store's rights.
    (name === 'format_schema_source' && value !== 'string')
  if (refused) throw denied(`setting ${name}`)
}

const denied = (what: string) =>
  new QueryFailure(
    'ACCESS_DENIED',
    `Not enough privileges: the embedded store does not allow ${what}.`,
  )

function checkVerb(verb: string, tokens: readonly Token[]): void {
  if (refusedStatements.has(verb)) throw denied(`the statement ${verb}`)
  if (!statements.has(verb)) {
    throw new QueryFailure(
      'SYNTAX_ERROR',
      `Syntax error: failed at position 1: ${verb}. Expected one of: ${[...statements.keys()].join(', ')}.`,
    )
  }
  const second = tokens[1]?.value.toUpperCase() ?? ''
  const allowed = statements.get(verb)
  if (allowed !== undefined && !allowed.has(second)) throw denied(`${verb} ${second}`)
  if (verb === 'CREATE' && second === 'OR') {
    const object = tokens[3]?.value.toUpperCase() ?? ''
    if (!statements.get('REPLACE')?.has(object)) throw denied(`CREATE OR REPLACE ${object}`)
  }
  if (verb === 'SYSTEM') {
    const object = tokens[2]?.value.toUpperCase() ?? ''
    if (!systemObjects.has(object)) throw denied(`SYSTEM ${second} ${object}`)
  }
  // Every Session begins in it.
  const onDatabase = tokens.slice(1, 3).some((token) => isWord(token, 'DATABASE'))
  const onDefault = tokens.some(({ value }) => value.toLowerCase() === 'default')
  if ((verb === 'DROP' || verb === 'RENAME') && onDatabase && onDefault) {
    throw denied(`${verb} DATABASE default`)
  }
}

function checkNames(tokens: readonly Token[], known: EngineNames): void {
  tokens.forEach((token, index) => {
    const next = tokens[index + 1]
    if (isWord(token, 'INTO') && isWord(next, 'OUTFILE')) throw denied('INTO OUTFILE')
    if (isWord(token, 'FROM') && isWord(next, 'INFILE')) throw denied('FROM INFILE')
    if (isWord(token, 'PARALLEL') && isWord(next, 'WITH')) throw denied('PARALLEL WITH')
    if (token.kind !== 'word' && token.kind !== 'name') return
    const name = token.value.toLowerCase()
    if (refusedFunctions.has(name)) throw denied(`function ${token.value}`)
    if (!isSymbol(next, '(')) return
    if (name === 'input') checkStructure(tokens, index + 2)
    // `format` is also an ordinary function, format('{} of {}', ...). As a table function its first argument names a format, and none has a brace.
    const pattern = tokens[index + 2]
    if (name === 'format' && pattern?.kind === 'string' && pattern.value.includes('{')) {
      if (isSymbol(tokens[index + 3], ',')) return
    }
    if (!mayCall(name, known)) throw denied(`function ${token.value}`)
  })
}

const mayCall = (name: string, known: EngineNames) =>
  !known.tableFunctions.has(name) || tableFunctions.has(name)

/** input('name Type, ...') is read as a file's structure, where a DEFAULT would be evaluated. */
function checkStructure(tokens: readonly Token[], first: number): void {
  const structure = tokens[first]
  const plain =
    structure?.kind === 'string' &&
    isSymbol(tokens[first + 1], ')') &&
    !/\b(?:DEFAULT|MATERIALIZED|ALIAS|EPHEMERAL)\b/i.test(structure.value)
  if (!plain && !isSymbol(structure, ')')) {
    throw denied("input() with anything but 'name Type, ...'")
  }
}

/** SETTINGS name = value, ...; in CREATE DICTIONARY in brackets; MODIFY SETTING in ALTER. Names the engine does not know are settings of a table. */
function checkSettingsClauses(tokens: readonly Token[], known: EngineNames): void {
  tokens.forEach((token, index) => {
    const begins = isWord(token, 'SETTINGS') || isWord(token, 'SETTING')
    if (!begins && !(index === 0 && isWord(token, 'SET'))) return
    let at = isSymbol(tokens[index + 1], '(') ? index + 2 : index + 1
    while (isSymbol(tokens[at + 1], '=')) {
      const name = tokens[at]?.value ?? ''
      const value = tokens[at + 2]
      if (name === 'additional_table_filters') {
        checkTableFilters(tokens, at + 2, known)
      } else if (known.settings.has(name)) {
        checkSetting(name, value?.kind === 'string' ? value.value : undefined, known)
      } else if (name.startsWith('kafka_')) {
        checkKafkaSetting(name, value, known)
      }
      at = nextItem(tokens, at + 2)
    }
  })
}

/** {'table': 'condition', ...}, as Grafana's ad-hoc filters are sent: each condition is SQL. */
function checkTableFilters(tokens: readonly Token[], start: number, known: EngineNames): void {
  if (!isSymbol(tokens[start], '{')) throw denied('additional_table_filters that are no map')
  for (let at = start + 1; at < tokens.length && !isSymbol(tokens[at], '}'); at++) {
    const token = tokens[at]
    if (token?.kind === 'string') checkFragment(token.value, known)
    else if (token?.kind !== 'symbol') throw denied(`${token?.value} in additional_table_filters`)
  }
}

/** A table that could name its brokers would make the store call any host. */
function checkKafkaSetting(name: string, value: Token | undefined, known: EngineNames): void {
  if (!kafkaSettings.has(name)) throw denied(`setting ${name}`)
  if (name === 'kafka_broker_list' && value?.value !== known.kafkaBrokers) {
    throw denied('brokers other than those of NETMON_KAFKA_BROKERS, which it is started with')
  }
  if (name === 'kafka_format') checkFormat(value?.value ?? '')
}

/** The index behind the comma that ends the list item at `start`, at the same depth of brackets. */
function nextItem(tokens: readonly Token[], start: number): number {
  let depth = 0
  for (let at = start; at < tokens.length; at++) {
    const token = tokens[at]
    if (token?.kind !== 'symbol') continue
    if ('([{'.includes(token.value)) depth += 1
    if (')]}'.includes(token.value)) depth -= 1
    if (depth < 0) break
    if (depth === 0 && token.value === ',') return at + 1
  }
  return tokens.length
}

/** ENGINE [=] name, wherever it stands. */
function checkEngines(tokens: readonly Token[], known: EngineNames): void {
  tokens.forEach((token, index) => {
    if (!isWord(token, 'ENGINE')) return
    const assigned = isSymbol(tokens[index + 1], '=')
    const engine = tokens[assigned ? index + 2 : index + 1]
    if (engine?.kind !== 'word' && engine?.kind !== 'name') return
    const name = engine.value.toLowerCase()
    if (!assigned && engine.kind === 'word' && afterEngineColumn.has(name)) return
    if (engines.has(name)) return
    // Without arguments, which are the same as settings.
    const arguments_ = tokens[assigned ? index + 3 : index + 2]
    if (name === 'kafka' && known.kafkaBrokers !== undefined && !isSymbol(arguments_, '(')) return
    throw denied(`engine ${engine.value}`)
  })
}

/** SOURCE(NULL()) or SOURCE(CLICKHOUSE(key value ...)), whose values may be SQL, and LAYOUT(name ...). */
function checkDictionary(tokens: readonly Token[], known: EngineNames): void {
  if (!tokens.slice(1, 4).some((token) => isWord(token, 'DICTIONARY'))) return
  tokens.forEach((token, index) => {
    if (isWord(token, 'LAYOUT')) {
      const layout = tokens[isSymbol(tokens[index + 1], '(') ? index + 2 : index + 1]?.value ?? ''
      if (!dictionaryLayouts.has(layout.toLowerCase())) throw denied(`layout ${layout}`)
    }
    if (!isWord(token, 'SOURCE') || !isSymbol(tokens[index + 1], '(')) return
    const source = tokens[index + 2]?.value.toLowerCase()
    if (source === 'null') return
    if (source !== 'clickhouse') throw denied(`dictionary source ${tokens[index + 2]?.value}`)
    for (let at = index + 4; at < tokens.length && !isSymbol(tokens[at], ')'); at += 2) {
      const [key, value] = [tokens[at], tokens[at + 1]]
      if (!dictionarySourceKeys.has(key?.value.toLowerCase() ?? '')) {
        throw denied(`${key?.value} in a dictionary's source`)
      }
      if (value?.kind === 'symbol') throw denied(`${value.value} in a dictionary's source`)
      if (value?.kind === 'string') checkFragment(value.value, known)
    }
  })
}
