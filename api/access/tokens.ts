// Named tokens, kept in the store by their SHA-256. A token is 256 random bits, which nobody guesses, so that a slow hash would protect nothing: it is for
// passwords, of which there are few enough to try. And it would cost every request its time.

import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import {
  readDocuments,
  type Versioned,
  writeDocument,
} from '../../rules/configuration/documents.ts'
import { nameSchema } from '../../rules/configuration/name.ts'
import { createMutex } from '../../rules/mutex.ts'
import { noSuch, Refused } from '../../rules/problem.ts'
import type { StoreClient } from '../../schema/client.ts'
import { anonymousCaller, environmentCaller } from './caller.ts'
import { roles } from './roles.ts'

export const tokenCodes = {
  name: 1801,
  /** Another token has the name. */
  duplicate: 1802,
  role: 1803,
  tooMany: 1804,
} as const

const reservedNames: readonly string[] = [anonymousCaller, environmentCaller]

/** What is sent to make a token. */
export const tokenInputSchema = z.object(
  {
    name: nameSchema.refine((name) => !reservedNames.includes(name), {
      error: `name must not be one of ${reservedNames.join(', ')}: callers without a token of their own have it`,
    }),
    role: z.enum(roles, { error: `role must be one of ${roles.join(', ')}` }),
  },
  { error: 'the body must be a JSON object' },
)
export type TokenInput = z.infer<typeof tokenInputSchema>

/** What is shown of a token. */
export const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(roles),
  created_at: z.iso.datetime(),
  /** Name of the token that made it. */
  created_by: z.string(),
})
export type Token = z.infer<typeof tokenSchema>

/** As in the store. */
const storedSchema = tokenSchema.extend({ sha256: z.string().regex(/^[0-9a-f]{64}$/) })
type Stored = z.infer<typeof storedSchema>

/** Each request is held against every token. */
const mostTokens = 1_000
/** How long the list is believed; what this process changes itself holds at once. */
const believedMs = 2_000

/** All functions throw StoreError when the store does not answer. */
export interface Tokens {
  list(): Promise<Token[]>
  /** The secret is known here and now only. @throws Refused when the name is taken or there are too many. */
  create(input: TokenInput, createdBy: string): Promise<{ token: Token; secret: string }>
  /** It is worth nothing from then on. @throws Refused when there is none with this id. */
  remove(id: string): Promise<Token>
  /** Whose secret this is. When the store is away, by the list that was last read. */
  find(secret: string): Promise<Token | undefined>
}

export function createTokens(client: StoreClient, now: () => number): Tokens {
  const exclusively = createMutex()
  let known: { tokens: readonly Stored[]; readMs: number } | undefined
  let reading: Promise<readonly Stored[]> | undefined

  const read = () => readDocuments(client, 'tokens', storedSchema)
  const keep = (documents: readonly Versioned<Stored>[]) => {
    const tokens = documents.map(({ doc }) => doc)
    known = { tokens, readMs: now() }
    return tokens
  }
  /** Requests that come while it is being read wait for the same answer. */
  const readOnce = () => {
    reading ??= exclusively(async () => keep(await read())).finally(() => {
      reading = undefined
    })
    return reading
  }
  const current = async () => {
    const last = known
    if (last !== undefined && now() - last.readMs < believedMs) return last.tokens
    return readOnce().catch((error: unknown) => {
      if (last !== undefined) return last.tokens
      throw error
    })
  }

  return {
    async list() {
      return (await readOnce()).map(shown).sort((a, b) => (a.name < b.name ? -1 : 1))
    },

    create: (input, createdBy) =>
      exclusively(async () => {
        const present = await read()
        refuseTaken(present, input.name)
        const secret = `netmon_${randomBytes(32).toString('base64url')}`
        const doc: Stored = {
          id: randomUUID().replaceAll('-', ''),
          ...input,
          created_at: new Date(now()).toISOString(),
          created_by: createdBy,
          sha256: digestOf(secret).toString('hex'),
        }
        await writeDocument(client, 'tokens', { id: doc.id, version: 1, doc })
        keep([...present, { id: doc.id, version: 1, doc }])
        return { token: shown(doc), secret }
      }),

    remove: (id) =>
      exclusively(async () => {
        const present = await read()
        const found = present.find((stored) => stored.id === id)
        if (found === undefined) throw noSuch('token')
        await writeDocument(client, 'tokens', { id, version: found.version + 1, doc: undefined })
        keep(present.filter((stored) => stored !== found))
        return shown(found.doc)
      }),

    async find(secret) {
      const digest = digestOf(secret)
      let found: Stored | undefined
      // All of them, so that the time tells nothing.
      for (const token of await current()) {
        if (timingSafeEqual(digest, Buffer.from(token.sha256, 'hex'))) found = token
      }
      return found === undefined ? undefined : shown(found)
    },
  }
}

/** Are these the same text? Of digests, which are of equal length, so that the comparison takes the same time for every text. */
export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digestOf(a), digestOf(b))
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function shown({ sha256: _, ...token }: Stored): Token {
  return token
}

function refuseTaken(present: readonly Versioned<Stored>[], name: string): void {
  const other = present.find(({ doc }) => doc.name === name)
  if (other !== undefined) {
    throw new Refused('duplicate', {
      code: tokenCodes.duplicate,
      message: `another token has this name: revoke it first (${other.id})`,
      source: { pointer: '/name' },
    })
  }
  if (present.length >= mostTokens) {
    throw new Refused('duplicate', {
      code: tokenCodes.tooMany,
      message: `there are ${mostTokens} tokens: revoke some that are not used`,
      source: { pointer: '' },
    })
  }
}
