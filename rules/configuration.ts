// The routers and rules that people configured, kept in the store. One writer: the API.

import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { StoreClient } from '../schema/client.ts'
import { countPrefixes } from './counted-prefixes.ts'
import { type DocumentTable, readDocuments, type Versioned, writeDocument } from './documents.ts'
import { createMutex } from './mutex.ts'
import { noSuch, Refused } from './problem.ts'
import { type Router, type RouterInput, routerCodes, routerSchema } from './router.ts'
import { countedPrefixes, type Rule, type RuleInput, ruleCodes, ruleSchema } from './rule.ts'

/** All functions throw StoreError when the store does not answer, and Refused when the id is unknown or what must be unique is taken. */
export interface Collection<Input, Document> {
  /** By name. */
  list(): Promise<Document[]>
  get(id: string): Promise<Document>
  create(input: Input): Promise<Document>
  replace(id: string, input: Input): Promise<Document>
  /** Replaces it by what `change` makes of it, with no other change in between; throws what `change` throws. */
  change(id: string, change: (document: Document) => Input): Promise<Document>
  remove(id: string): Promise<void>
}

export interface Configuration {
  routers: Collection<RouterInput, Router>
  rules: Collection<RuleInput, Rule>
  /** Makes the store count exactly the prefixes of the rules and the local networks: a change that was cut off may have left too many. */
  reconcile(): Promise<void>
}

interface Kind<Document> {
  table: DocumentTable
  noun: string
  schema: z.ZodType<Document>
  /** No two documents may have the same value here. */
  unique: keyof Document & string
  duplicateCode: number
  /** Writes one document; `present` are all before the change. */
  write(change: Versioned<Document | undefined>, present: readonly Document[]): Promise<void>
}

/** `localNetworks` are canonical prefixes, whose hosts are counted besides those of the rules. */
export function createConfiguration(
  client: StoreClient,
  now: () => number,
  localNetworks: readonly string[] = [],
): Configuration {
  // Reading what is there, deciding and writing must not interleave with another change.
  const exclusively = createMutex()

  const routers = createCollection<RouterInput, Router>(client, exclusively, {
    table: 'routers',
    noun: 'router',
    schema: routerSchema,
    unique: 'router_ip',
    duplicateCode: routerCodes.duplicate,
    write: (change) => writeDocument(client, 'routers', change),
  })

  const count = (rules: readonly Rule[]) =>
    countPrefixes(client, { rules: rules.flatMap(countedPrefixes), local: localNetworks }, now())
  const rules = createCollection<RuleInput, Rule>(client, exclusively, {
    table: 'rules',
    noun: 'rule',
    schema: ruleSchema,
    unique: 'name',
    duplicateCode: ruleCodes.duplicate,
    // What is new is counted before a rule asks for it, what is gone until no rule asks for it any more: cut off anywhere, too much is counted.
    write: async ({ id, version, doc }, present) => {
      const others = present.filter((rule) => rule.id !== id)
      const isNew = others.length === present.length
      if (doc === undefined) {
        await writeDocument(client, 'rules', { id, version, doc })
        await count(others)
        return
      }
      await count([...present, doc])
      const stored = { ...doc, counted_prefixes: countedPrefixes(doc) }
      await writeDocument(client, 'rules', { id, version, doc: stored })
      if (!isNew) await count([...others, doc])
    },
  })

  const reconcile = () => exclusively(async () => count(await rules.list()))
  return { routers, rules, reconcile }
}

function createCollection<
  Input extends object,
  Document extends Input & { id: string; name: string },
>(
  client: StoreClient,
  exclusively: ReturnType<typeof createMutex>,
  kind: Kind<Document>,
): Collection<Input, Document> {
  const read = (id?: string) => readDocuments(client, kind.table, kind.schema, id)

  const find = (documents: readonly Versioned<Document>[], id: string) => {
    const found = documents.find((stored) => stored.id === id)
    if (found !== undefined) return found
    throw noSuch(kind.noun)
  }

  const refuseDuplicate = (documents: readonly Versioned<Document>[], document: Document) => {
    const { unique, noun } = kind
    const other = documents.find(({ doc }) => doc[unique] === document[unique])
    if (other === undefined || other.id === document.id) return
    throw new Refused('duplicate', {
      code: kind.duplicateCode,
      message: `another ${noun} has this ${unique}: ${other.doc.name} (${other.id})`,
      source: { pointer: `/${unique}` },
    })
  }

  /** `prepare` gives the version to write and what, or throws. */
  const put = (
    id: string,
    prepare: (present: readonly Versioned<Document>[]) => { version: number; input: Input },
  ) =>
    exclusively(async () => {
      const present = await read()
      const { version, input } = prepare(present)
      const doc = kind.schema.parse({ ...input, id })
      refuseDuplicate(present, doc)
      await kind.write({ id, version, doc }, docsOf(present))
      return doc
    })
  const change = (id: string, toInput: (document: Document) => Input) =>
    put(id, (present) => {
      const { version, doc } = find(present, id)
      return { version: version + 1, input: toInput(doc) }
    })

  return {
    list: async () => docsOf(await read()).sort((a, b) => compare(a.name, b.name)),
    get: async (id) => find(await read(id), id).doc,
    create: (input) => put(randomUUID().replaceAll('-', ''), () => ({ version: 1, input })),
    replace: (id, input) => change(id, () => input),
    change,
    remove: (id) =>
      exclusively(async () => {
        const present = await read()
        const version = find(present, id).version + 1
        await kind.write({ id, version, doc: undefined }, docsOf(present))
      }),
  }
}

function docsOf<T>(documents: readonly Versioned<T>[]): T[] {
  return documents.map((stored) => stored.doc)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
