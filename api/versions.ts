// Entity tags of single documents (RFC 9110 8.8.3, 13.1.1): the version of a document, so that who changes it can say which one was seen.

import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { Refused } from '../rules/problem.ts'

/** For the definition of a route that changes a document. */
export const ifMatch = z.object({
  'if-match': z.string().optional().openapi({
    description: 'The ETag that the document must still have.',
    example: '"3"',
  }),
})

/** Tells the version of the document that is answered. */
export function tag(c: Context, version: number): void {
  c.header('ETag', `"${version}"`)
}

/** @throws Refused when the request names versions in If-Match, and this is none of them. */
export function refuseStale(c: Context, version: number): void {
  const condition = c.req.header('If-Match')
  if (condition === undefined || condition.trim() === '*') return
  // A weak tag never matches: it does not promise that the documents are the same.
  const tags = condition.split(',').map((text) => text.trim())
  if (tags.includes(`"${version}"`)) return
  throw new Refused('changed', {
    code: 1903,
    message: `it was changed meanwhile: its ETag is now "${version}"; read it again`,
    source: { pointer: '' },
  })
}
