// docs/protocols.md says what the decoders do with each field and each element.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import protobuf from 'protobufjs'
import { expect, test } from 'vitest'
import { elements, netflow9Elements } from '../collector/decode/element.ts'
import { defaultLimits } from '../collector/decode/limits.ts'
import { optionsElements } from '../collector/decode/options-elements.ts'
import { packageRoot } from '../runtime/package-root.ts'

const text = readFileSync(path.join(packageRoot, 'docs', 'protocols.md'), 'utf8')

/** The cells of the table behind this heading or line, without its header. */
function tableAfter(start: string): string[][] {
  const [, rest = ''] = text.split(`\n${start}`)
  const [table = ''] = /^\|[\s\S]*?\n(?=[^|])/m.exec(rest) ?? []
  const rows = table.trim().split('\n')
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** Numbers of a cell; `70-79` is all from one to the other. */
function idsIn(cell = ''): number[] {
  const words = cell.replace(/\([^)]*\)|>>.*|& 255|[a-z]\w*\d\w*/g, '').match(/\d+(-\d+)?/g) ?? []
  return words.flatMap((word) => {
    const [first = 0, last = first] = word.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

const fields = tableAfter('## Fields')

test('every field of FlowMessage is in its table, under its number', () => {
  const message = new protobuf.Root()
    .loadSync(path.join(packageRoot, 'schema', 'flow.proto'), { keepCase: true })
    .lookupType('flowpb.FlowMessage')
  const documented = fields.map(([name, number]) => `${name} ${number}`)
  expect(documented).toEqual(message.fieldsArray.map(({ name, id }) => `\`${name}\` ${id}`))
})

test('every element that is read is in a table, and no other', () => {
  const others = tableAfter('These elements fill no field')
  const documented = new Set(
    [...fields.map((row) => row[3]), ...others.map((row) => row[0])].flatMap(idsIn),
  )
  const read = [elements, netflow9Elements, optionsElements].flatMap((table) => Object.keys(table))
  expect([...documented].sort(byNumber)).toEqual([...new Set(read.map(Number))].sort(byNumber))
})

test('bounds are as they are', () => {
  const { templateFields, templatesPerDomain, templatesPerExporter, templates, exporters } =
    defaultLimits
  for (const bound of [
    `${templateFields} fields a template`,
    `${count(templatesPerDomain)} templates an observation domain`,
    `${count(templatesPerExporter)} an exporter`,
    `${count(templates)} in all`,
    `${count(exporters)} exporters`,
    `A rate above ${count(defaultLimits.samplingRate)}`,
    `for ${defaultLimits.templateIdleMs / 3_600_000} hours`,
    `At most ${defaultLimits.parkedSetsPerExporter} sets and ${defaultLimits.parkedBytesPerExporter / 2 ** 20} MiB`,
    `${defaultLimits.parkedBytes / 2 ** 20} MiB in all`,
  ]) {
    expect(text).toContain(bound)
  }
  expect(defaultLimits.parkedMs).toBe(5 * 60_000)
})

test('links lead to headings', () => {
  const anchors = [...text.matchAll(/^## (.*)$|^### (.*)$/gm)].map(([, two, three]) =>
    (two ?? three ?? '')
      .toLowerCase()
      .replace(/[^\w ]/g, '')
      .replaceAll(' ', '-'),
  )
  for (const [, anchor] of text.matchAll(/\]\(#([^)]*)\)/g)) expect(anchors).toContain(anchor)
})

function byNumber(a: number, b: number): number {
  return a - b
}

function count(value: number): string {
  return value.toLocaleString('en')
}
