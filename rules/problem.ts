// What is wrong with a request, in a form that programs can read.

import type { z } from 'zod'

/** One thing that is wrong. `pointer` is a JSON pointer (RFC 6901) into the request's body, '' for the whole of it. */
export interface Problem {
  code: number
  message: string
  source: { pointer: string }
}

/** Something that was accepted, and that its sender should know. */
export interface Notice {
  code: number
  message: string
}

/** `changed`: the document is no longer the one that was meant. */
export type RefusedReason = 'not-found' | 'duplicate' | 'changed'

/** A request about routers or rules that cannot be done. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly reason: RefusedReason
  readonly problem: Problem

  constructor(reason: RefusedReason, problem: Problem) {
    super(problem.message)
    this.reason = reason
    this.problem = problem
  }
}

/** `pointer` to where the request's body names it, when it does. */
export function noSuch(noun: string, pointer = ''): Refused {
  const message = `there is no ${noun} with this id`
  return new Refused('not-found', { code: 1404, message, source: { pointer } })
}

/** What a request asks for is not acceptable, as shows only when it is held against what is stored. */
export class Unacceptable extends Error {
  override readonly name = 'Unacceptable'
  readonly problems: Problem[]

  constructor(problems: Problem[]) {
    super(problems.map(({ message }) => message).join('; '))
    this.problems = problems
  }
}

/** A body can hold thousands of bad prefixes, and the first of them tell enough. */
export const mostProblems = 100

/**
 * Codes of a model's problems: by field, by `field[]` for the elements of a list, and by either with `:` and zod's name for what is wrong where
 * that has a code of its own. A check of our own can bring its code along in `params`.
 */
export type FieldCodes = Readonly<Record<string, number>>

/** All problems of a body (of very many, the first 100), in the order of its fields. */
export function problemsOf(error: z.ZodError, codes: FieldCodes): Problem[] {
  const problems = new Map<string, Problem>()
  for (const issue of error.issues) {
    const pointer = pointerTo(issue.path)
    // A value can fail two checks that say the same of it.
    const key = `${pointer} ${issue.message}`
    if (problems.has(key)) continue
    if (problems.size === mostProblems) break
    problems.set(key, {
      code: codeOfIssue(issue, codes),
      message: issue.message,
      source: { pointer },
    })
  }
  return [...problems.values()]
}

/** @throws Unacceptable with all problems of the value. */
export function parseOrRefuse<T>(schema: z.ZodType<T>, value: unknown, codes: FieldCodes): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new Unacceptable(problemsOf(result.error, codes))
}

/** The body's fields that the model does not know are not kept, which the sender is told. */
export function unknownFields(body: object, known: readonly string[]): Notice[] {
  // A document that was fetched, changed and sent back carries its id.
  const unknown = Object.keys(body).filter((field) => field !== 'id' && !known.includes(field))
  if (unknown.length === 0) return []
  return [{ code: 2001, message: `not known here and not kept: ${listSome(unknown)}` }]
}

/** A few of the texts, quoted, and how many more there are. */
export function listSome(texts: readonly string[]): string {
  const shown = texts.slice(0, 5).map((text) => JSON.stringify(text.slice(0, 100)))
  const more = texts.length - shown.length
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function codeOfIssue(issue: z.core.$ZodIssue, codes: FieldCodes): number {
  if (issue.code === 'custom' && typeof issue.params?.['code'] === 'number') {
    return issue.params['code']
  }
  const [field, ...rest] = issue.path
  const place = rest.length === 0 ? String(field) : `${String(field)}[]`
  return codes[`${place}:${issue.code}`] ?? codes[place] ?? 1001
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
