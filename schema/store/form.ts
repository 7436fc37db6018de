// A query with parameters too long for a URL comes as multipart/form-data: the parts `query` and `param_*`.

import type { IncomingMessage } from 'node:http'
import type { Chunks } from './body.ts'
import { QueryFailure } from './failure.ts'

export const longestFormBytes = 16 * 1024 ** 2

/** The Content-Type of a form, which tells where its parts end; undefined for any other. */
export function formType({ headers }: IncomingMessage): string | undefined {
  const type = headers['content-type']
  return type?.toLowerCase().startsWith('multipart/form-data') ? type : undefined
}

/** The form's parts, as if they had come in the URL. @throws QueryFailure */
export async function readForm(
  contentType: string,
  chunks: Chunks,
): Promise<[name: string, value: string][]> {
  const parts: Buffer[] = []
  for await (const chunk of chunks) parts.push(chunk)
  const headers = { 'content-type': contentType }
  const form = await new Response(Buffer.concat(parts), { headers }).formData().catch(() => {
    throw new QueryFailure('BAD_ARGUMENTS', 'The body is not the form that its Content-Type says.')
  })
  return [...form].map(([name, value]) => {
    if (typeof value === 'string' && (name === 'query' || name.startsWith('param_'))) {
      return [name, value]
    }
    throw new QueryFailure('NOT_IMPLEMENTED', 'The embedded store takes no external tables.')
  })
}
