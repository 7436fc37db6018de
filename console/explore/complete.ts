// What can come next in a filter, by the language's own parser.

import { fields, findField } from '../../api/traffic/fields.ts'
import { parseFilter } from '../../api/traffic/filter-parse.ts'
import { flagNames, operatorsOf } from '../../api/traffic/filter-values.ts'

export interface Completion {
  /** What is put in place of the word at the cursor. */
  text: string
  /** What it means. */
  note: string
}

export interface Completions {
  /** Where the word at the cursor begins. */
  from: number
  choices: Completion[]
}

const protocols = ['tcp', 'udp', 'icmp', 'ipv6-icmp', 'gre', 'esp', 'sctp']
const most = 12

/** For the text up to the cursor. */
export function complete(text: string, cursor: number): Completions {
  const before = text.slice(0, cursor)
  const word = /[\w.:/+-]*$/.exec(before)?.[0] ?? ''
  const from = cursor - word.length
  const fitting = (choices: Completion[]) => {
    const lower = word.toLowerCase()
    const found = choices.filter(
      (choice) => choice.text.toLowerCase().startsWith(lower) && choice.text !== word,
    )
    return { from, choices: found.slice(0, most) }
  }
  const earlier = before.slice(0, from).trimEnd()
  const test =
    /(\w+)\s*(=|!=|<=|>=|<<|<|>|\b(?:IN|NOTIN)\s*\((?:[^()]*,)?|\bHAS|\bLIKE|\bNOTLIKE)$/i
  const [, name, operator] = test.exec(earlier) ?? []
  if (name !== undefined && operator !== undefined) {
    const field = findField(name)
    if (field?.type === 'choice') {
      return fitting((field.choices ?? []).map((text) => ({ text, note: field.title })))
    }
    if (field?.type === 'protocol') {
      return fitting(protocols.map((text) => ({ text, note: 'protocol' })))
    }
    if (field?.type === 'flags')
      return fitting(flagNames.map((text) => ({ text, note: 'TCP flag' })))
    return { from, choices: [] }
  }
  const last = findField(/(\w+)$/.exec(earlier)?.[1] ?? '')
  if (last !== undefined && isWhole(earlier.slice(0, -last.name.length))) {
    return fitting(operatorsOf(last).map((text) => ({ text, note: `of ${last.title}` })))
  }
  if (earlier !== '' && parseFilter(earlier).problem === undefined) {
    return fitting([
      { text: 'AND', note: 'both' },
      { text: 'OR', note: 'either' },
    ])
  }
  return fitting([
    ...fields
      .filter(({ isFilter }) => isFilter)
      .map((field) => ({ text: field.name, note: field.title })),
    { text: 'NOT', note: 'the opposite' },
  ])
}

/** A field begins a filter, or comes after a word or bracket that asks for one. */
function isWhole(text: string): boolean {
  return /(?:^|\(|\bAND|\bOR|\bNOT)\s*$/i.test(text)
}
