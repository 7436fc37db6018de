// The silences that are kept. One writer: the API.

import { randomUUID } from 'node:crypto'
import type { StoreClient } from '../../schema/client.ts'
import { readDocuments, writeDocument } from '../configuration/documents.ts'
import { createMutex } from '../mutex.ts'
import { noSuch, Unacceptable } from '../problem.ts'
import {
  longestSilenceMs,
  type Silence,
  type SilenceInput,
  silenceCodes,
  silenceSchema,
} from './silence.ts'

/** All functions throw StoreError. */
export interface Silences {
  /** Those that end last first, those that have ended among them. */
  list(): Promise<Silence[]>
  /** `author` is who asks. @throws Unacceptable */
  create(input: SilenceInput, author: string): Promise<Silence>
  /** @throws Refused when there is none with this id. */
  remove(id: string): Promise<void>
}

/** Each is held against every open alert every minute. */
const mostAtOnce = 1_000

export function createSilences(client: StoreClient, now: () => number): Silences {
  const exclusively = createMutex()
  const read = () => readDocuments(client, 'silences', silenceSchema)
  return {
    async list() {
      const stored = await read()
      return stored
        .map(({ doc }) => doc)
        .sort((a, b) => Date.parse(b.ends_at) - Date.parse(a.ends_at))
    },

    create: (input, author) =>
      exclusively(async () => {
        const nowMs = now()
        const created_at = new Date(nowMs).toISOString()
        const { starts_at = created_at, ends_at } = input
        const endMs = Date.parse(ends_at)
        if (endMs <= nowMs || endMs - Date.parse(starts_at) > longestSilenceMs) {
          throw refused(
            '/ends_at',
            silenceCodes.ends_at,
            'ends_at must lie in the future, and at most a year after starts_at',
          )
        }
        const stored = await read()
        const lasting = stored.filter(({ doc }) => Date.parse(doc.ends_at) > nowMs)
        if (lasting.length >= mostAtOnce) {
          throw refused(
            '',
            silenceCodes.tooMuch,
            `there are ${mostAtOnce} silences that have not ended: delete some`,
          )
        }
        const id = randomUUID().replaceAll('-', '')
        const doc = { ...input, author: input.author ?? author, starts_at, id, created_at }
        await writeDocument(client, 'silences', { id, version: 1, doc })
        return doc
      }),

    remove: (id) =>
      exclusively(async () => {
        const stored = (await read()).find((one) => one.id === id)
        if (stored === undefined) throw noSuch('silence')
        const version = stored.version + 1
        await writeDocument(client, 'silences', { id, version, doc: undefined })
      }),
  }
}

function refused(pointer: string, code: number, message: string): Unacceptable {
  return new Unacceptable([{ code, message, source: { pointer } }])
}
