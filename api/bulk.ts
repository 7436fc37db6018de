// Many documents in one request, all or nothing: how their list is read, and where in it a problem is.

import { z } from '@hono/zod-openapi'
import type { Versioned } from '../rules/configuration/documents.ts'
import {
  type FieldCodes,
  mostProblems,
  noSuch,
  type Problem,
  parseOrRefuse,
  Unacceptable,
} from '../rules/problem.ts'

export const mostInBulk = 5_000
/** Of all rules in one request. */
const mostPrefixesInBulk = 100_000

const codes = { tooMany: 1008, id: 1009 } as const

/**
 * Of the body, for a route's definition. Its elements are read one by one (`parseList`), so that a list of millions of wrong ones costs little; what
 * they are, the document at /openapi.json takes from the route that takes one of them.
 */
export const listSchema = z
  .array(z.unknown(), { error: 'the body must be a JSON list' })
  .openapi({ type: 'array', items: {}, minItems: 1, maxItems: mostInBulk })

/** Every element by the schema. @throws Unacceptable with the first problems of all of them, by their place in the list. */
export function parseList<T>(
  body: readonly unknown[],
  schema: z.ZodType<T>,
  fieldCodes: FieldCodes,
): T[] {
  return parseEach(body, (element) => parseOrRefuse(schema, element, fieldCodes))
}

/** Every element by `parse`, which throws Unacceptable. @throws Unacceptable as `parseList` */
export function parseEach<T>(
  body: readonly unknown[],
  parse: (element: unknown, index: number) => T,
): T[] {
  refuseTooMany(body)
  const problems: Problem[] = []
  const elements: T[] = []
  for (const [index, element] of body.entries()) {
    try {
      elements.push(parse(element, index))
    } catch (error) {
      if (!(error instanceof Unacceptable)) throw error
      problems.push(...error.problems.map((problem) => within(index, problem)))
    }
    if (problems.length >= mostProblems) break
  }
  if (problems.length > 0) throw new Unacceptable(problems.slice(0, mostProblems))
  return elements
}

function within(index: number, { source, ...problem }: Problem): Problem {
  return { ...problem, source: { pointer: pointerTo(index) + source.pointer } }
}

/** The ids of the elements, each its own. @throws Unacceptable */
export function parseIds(body: readonly unknown[]): string[] {
  const seen = new Set<string>()
  return body.map((element, index) => {
    const id = (element as { id?: unknown } | null)?.id
    const pointer = `/${index}/id`
    if (typeof id !== 'string') throw refusal(codes.id, 'each must have its id', pointer)
    if (seen.has(id)) throw refusal(codes.id, 'no two may have the same id', pointer)
    seen.add(id)
    return id
  })
}

/** The documents of these ids, in their order. @throws Refused for the first that there is none of. */
export function presentOf<T>(
  present: readonly Versioned<T>[],
  ids: readonly string[],
  noun: string,
): T[] {
  const byId = new Map(present.map((stored) => [stored.id, stored.doc]))
  return ids.map((id, index) => {
    const doc = byId.get(id)
    if (doc === undefined) throw noSuch(noun, `/${index}/id`)
    return doc
  })
}

export function pointerTo(index: number): string {
  return `/${index}`
}

function refuseTooMany(body: readonly unknown[]): void {
  if (body.length === 0 || body.length > mostInBulk) {
    throw refusal(codes.tooMany, `a list must hold 1 to ${mostInBulk} documents`, '')
  }
  let prefixes = 0
  for (const element of body) {
    const own = (element as { prefixes?: unknown } | null)?.prefixes
    if (Array.isArray(own)) prefixes += own.length
  }
  if (prefixes > mostPrefixesInBulk) {
    const message = `all rules of a list may hold ${mostPrefixesInBulk} prefixes together`
    throw refusal(codes.tooMany, message, '')
  }
}

function refusal(code: number, message: string, pointer: string): Unacceptable {
  return new Unacceptable([{ code, message, source: { pointer } }])
}
