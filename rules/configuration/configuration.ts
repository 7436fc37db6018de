// The routers and rules that people configured, kept in the store. One writer: the API.

import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { StoreClient } from '../../schema/client.ts'
import { createMutex } from '../mutex.ts'
import { noSuch, Refused } from '../problem.ts'
import { countPrefixes } from './counted-prefixes.ts'
import { type DocumentTable, readDocuments, type Versioned, writeDocuments } from './documents.ts'
import { type Router, type RouterInput, routerCodes, routerSchema } from './router.ts'
import { countedPrefixes, type Rule, type RuleInput, ruleCodes, ruleSchema } from './rule.ts'

/** What is to become of a document: `undefined` in place of an input removes it. Without an id it is a new one. */
export interface Change<Input> {
  id?: string
  input: Input | undefined
}

/** All functions throw StoreError when the store does not answer, and Refused when the id is unknown or what must be unique is taken. */
export interface Collection<Input, Document> {
  /** By name. */
  list(): Promise<Document[]>
  get(id: string): Promise<Document>
  /** With its version, which grows by one with every change. */
  read(id: string): Promise<Versioned<Document>>
  create(input: Input): Promise<Document>
  replace(id: string, input: Input): Promise<Document>
  /** Replaces it by what `change` makes of it, with no other change in between; throws what `change` throws. */
  change(
    id: string,
    change: (document: Document, version: number) => Input,
  ): Promise<Versioned<Document>>
  /** `check` is called before it is gone; throws what `check` throws. */
  remove(id: string, check?: (document: Document, version: number) => void): Promise<void>
  /**
   * All of the changes that `prepare` makes of what is there, or none, with no other change in between. Answers the documents in the order of the
   * changes, without those that were removed. `pointerTo` tells where the request's body has the change of this index.
   */
  rewrite(
    prepare: (present: readonly Versioned<Document>[]) => Change<Input>[],
    pointerTo?: (index: number) => string,
  ): Promise<Versioned<Document>[]>
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
  /** Writes all or none; `present` are all documents before. */
  write(
    changes: readonly Versioned<Document | undefined>[],
    present: readonly Document[],
  ): Promise<void>
}

/** `localNetworks` are canonical prefixes, whose hosts are counted besides those of the rules. */
export function createConfiguration(
  client: StoreClient,
  now: () => number,
  localNetworks: readonly string[] = [],
): Configuration {
  const routers = createCollection<RouterInput, Router>(client, createMutex(), {
    table: 'routers',
    noun: 'router',
    schema: routerSchema,
    unique: 'router_ip',
    duplicateCode: routerCodes.duplicate,
    write: (changes) => writeDocuments(client, 'routers', changes),
  })

  const count = (rules: readonly Rule[]) =>
    countPrefixes(client, { rules: rules.flatMap(countedPrefixes), local: localNetworks }, now())
  // What is counted depends on all rules.
  const exclusively = createMutex()
  const rules = createCollection<RuleInput, Rule>(client, exclusively, {
    table: 'rules',
    noun: 'rule',
    schema: ruleSchema,
    unique: 'name',
    duplicateCode: ruleCodes.duplicate,
    // What is new is counted before a rule asks for it, what is gone until no rule asks for it any more: cut off anywhere, too much is counted.
    write: async (changes, present) => {
      const changed = new Set(changes.map(({ id }) => id))
      const others = present.filter(({ id }) => !changed.has(id))
      const former = present.filter(({ id }) => changed.has(id))
      const docs = changes.flatMap(({ doc }) => doc ?? [])
      if (!isCovered(docs, former)) await count([...present, ...docs])
      await writeDocuments(client, 'rules', changes.map(withCountedPrefixes))
      if (!isCovered(former, docs)) await count([...others, ...docs])
    },
  })

  const reconcile = () => exclusively(async () => count(await rules.list()))
  return { routers, rules, reconcile }
}

/** `exclusively`: reading what is there, deciding and writing must not interleave with another change. */
function createCollection<
  Input extends object,
  Document extends Input & { id: string; name: string },
>(
  client: StoreClient,
  exclusively: ReturnType<typeof createMutex>,
  kind: Kind<Document>,
): Collection<Input, Document> {
  const read = (id?: string) => readDocuments(client, kind.table, kind.schema, id)

  const find = (documents: readonly Versioned<Document>[], id: string, pointer?: string) => {
    const found = documents.find((stored) => stored.id === id)
    if (found !== undefined) return found
    throw noSuch(kind.noun, pointer)
  }

  /** Of what there will be; `pointerTo` a change. */
  const refuseDuplicates = (
    others: readonly Document[],
    changes: readonly Versioned<Document | undefined>[],
    pointerTo: (index: number) => string,
  ) => {
    const { unique, noun } = kind
    const taken = new Map(others.map((doc) => [doc[unique], doc]))
    for (const [index, { doc }] of changes.entries()) {
      if (doc === undefined) continue
      const other = taken.get(doc[unique])
      if (other !== undefined) {
        throw new Refused('duplicate', {
          code: kind.duplicateCode,
          message: `another ${noun} has this ${unique}: ${other.name} (${other.id})`,
          source: { pointer: `${pointerTo(index)}/${unique}` },
        })
      }
      taken.set(doc[unique], doc)
    }
  }

  const rewrite: Collection<Input, Document>['rewrite'] = (prepare, pointerTo = () => '') =>
    exclusively(async () => {
      const present = await read()
      const versions = new Map(present.map(({ id, version }) => [id, version]))
      const changes = prepare(present).map(({ id = newId(), input }) => ({
        id,
        version: (versions.get(id) ?? 0) + 1,
        doc: input === undefined ? undefined : kind.schema.parse({ ...input, id }),
      }))
      const changed = new Set(changes.map(({ id }) => id))
      const docs = docsOf(present)
      refuseDuplicates(
        docs.filter(({ id }) => !changed.has(id)),
        changes,
        pointerTo,
      )
      await kind.write(changes, docs)
      return changes.flatMap(({ id, version, doc }) =>
        doc === undefined ? [] : { id, version, doc },
      )
    })

  const change: Collection<Input, Document>['change'] = async (id, toInput) => {
    const [changed] = await rewrite((present) => {
      const { doc, version } = find(present, id)
      return [{ id, input: toInput(doc, version) }]
    })
    return changed!
  }

  return {
    list: async () => docsOf(await read()).sort((a, b) => compare(a.name, b.name)),
    get: async (id) => find(await read(id), id).doc,
    read: async (id) => find(await read(id), id),
    create: async (input) => {
      const [created] = await rewrite(() => [{ input }])
      return created!.doc
    },
    replace: async (id, input) => (await change(id, () => input)).doc,
    change,
    remove: async (id, check) => {
      await rewrite((present) => {
        const { doc, version } = find(present, id)
        check?.(doc, version)
        return [{ id, input: undefined }]
      })
    },
    rewrite,
  }
}

function newId(): string {
  return randomUUID().replaceAll('-', '')
}

/** As it is stored: whoever judges the rule asks for the traffic of these. */
function withCountedPrefixes({ id, version, doc }: Versioned<Rule | undefined>) {
  const stored = doc && { ...doc, counted_prefixes: countedPrefixes(doc) }
  return { id, version, doc: stored }
}

/** Are all prefixes of these rules also prefixes of the others? */
function isCovered(rules: readonly Rule[], others: readonly Rule[]): boolean {
  const counted = new Set(others.flatMap(countedPrefixes))
  return rules.every((rule) => countedPrefixes(rule).every((prefix) => counted.has(prefix)))
}

function docsOf<T>(documents: readonly Versioned<T>[]): T[] {
  return documents.map((stored) => stored.doc)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
