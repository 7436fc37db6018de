// The channels that people made, and how far each has been told.

import { randomUUID } from 'node:crypto'
import type { EventCursor } from '../../rules/alerts/history.ts'
import {
  readDocuments,
  type Versioned,
  writeDocument,
} from '../../rules/configuration/documents.ts'
import { createMutex } from '../../rules/mutex.ts'
import { noSuch, Refused, Unacceptable } from '../../rules/problem.ts'
import { askStore } from '../../rules/store-error.ts'
import { read } from '../../rules/traffic/query.ts'
import type { StoreClient } from '../../schema/client.ts'
import {
  type Channel,
  type ChannelInput,
  channelCodes,
  channelSchema,
  withSecretsOf,
} from './channel.ts'

/** Each is looked after on its own. */
const mostChannels = 100

/** All functions throw StoreError when the store does not answer, and Refused when the id is unknown or the name is taken. */
export interface Channels {
  /** By name, with their secrets. */
  list(): Promise<Channel[]>
  /** With its version, which grows by one with every change. */
  read(id: string): Promise<Versioned<Channel>>
  /** It is told of what happens from now on. */
  create(input: ChannelInput): Promise<Channel>
  /**
   * Replaces it by what `change` makes of it, with no other change in between; throws what `change` throws. Secrets that are hidden in that stay as they
   * are. A channel that was not enabled is told of what happens from now on.
   */
  change(
    id: string,
    change: (channel: Channel, version: number) => ChannelInput,
  ): Promise<Versioned<Channel>>
  /** `check` is called before it is gone; throws what `check` throws. */
  remove(id: string, check: (channel: Channel, version: number) => void): Promise<void>
  /** The last event that the channel was told of, or that it was made after. */
  place(id: string): Promise<EventCursor>
  /** Every event up to this one is done with. */
  move(id: string, place: EventCursor): Promise<void>
}

export function createChannels(client: StoreClient): Channels {
  const exclusively = createMutex()
  const readAll = () => readDocuments(client, 'channels', channelSchema)

  const find = (present: readonly Versioned<Channel>[], id: string) => {
    const found = present.find((stored) => stored.id === id)
    if (found === undefined) throw noSuch('channel')
    return found
  }
  const write = async (
    present: readonly Versioned<Channel>[],
    input: ChannelInput,
    before: Versioned<Channel> | undefined,
  ) => {
    const whole = withSecretsOf(input, before?.doc)
    if (whole === undefined) throw new Unacceptable([hiddenProblem])
    refuseTaken(present, whole.name, before?.id)
    const id = before?.id ?? randomUUID().replaceAll('-', '')
    const doc: Channel = { ...whole, id }
    // First where it begins: without that it would be told of the past.
    if (before?.doc.enabled !== true && doc.enabled) await move(id, await readNewest(client))
    const written = { id, version: (before?.version ?? 0) + 1, doc }
    await writeDocument(client, 'channels', written)
    return written
  }
  const move = (channelId: string, { number, minute, id }: EventCursor) =>
    askStore(async () => {
      await client.insert({
        table: 'channel_progress',
        values: [
          // Of one number, the row that was added last counts.
          { channel_id: channelId, version: number, number, minute, event_id: id },
        ],
        format: 'JSONEachRow',
      })
    })

  return {
    list: async () => {
      const docs = (await readAll()).map(({ doc }) => doc)
      return docs.sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    read: async (id) => find(await readAll(), id),
    create: (input) =>
      exclusively(async () => {
        const present = await readAll()
        if (present.length >= mostChannels) throw new Refused('duplicate', tooManyProblem)
        return (await write(present, input, undefined)).doc
      }),
    change: (id, toInput) =>
      exclusively(async () => {
        const present = await readAll()
        const before = find(present, id)
        return write(present, toInput(before.doc, before.version), before)
      }),
    remove: (id, check) =>
      exclusively(async () => {
        const { doc, version } = find(await readAll(), id)
        check(doc, version)
        await writeDocument(client, 'channels', { id, version: version + 1, doc: undefined })
      }),
    place: async (id) => (await readPlace(client, id)) ?? readNewest(client),
    move,
  }
}

async function readPlace(client: StoreClient, id: string): Promise<EventCursor | undefined> {
  const [row] = await read<{ number: string; minute: number; event_id: string }>(
    client,
    `SELECT toString(number) AS number, toUnixTimestamp(minute) AS minute, event_id
    FROM channel_progress FINAL WHERE channel_id = {id:String}`,
    { id },
  )
  return row && { number: Number(row.number), minute: row.minute, id: row.event_id }
}

/** People's events have the number 0. */
async function readNewest(client: StoreClient): Promise<EventCursor> {
  const [row] = await read<{ number: string; minute: number; event_id: string }>(
    client,
    `SELECT toString(e.number) AS number, toUnixTimestamp(e.minute) AS minute, id AS event_id
    FROM alert_events AS e WHERE e.number > 0 ORDER BY e.number DESC, e.minute DESC, id DESC LIMIT 1`,
  )
  if (row === undefined) return { number: 0, minute: 0, id: '' }
  return { number: Number(row.number), minute: row.minute, id: row.event_id }
}

function refuseTaken(
  present: readonly Versioned<Channel>[],
  name: string,
  own: string | undefined,
): void {
  const other = present.find(({ id, doc }) => doc.name === name && id !== own)
  if (other === undefined) return
  throw new Refused('duplicate', {
    code: channelCodes.duplicate,
    message: `another channel has this name (${other.id})`,
    source: { pointer: '/name' },
  })
}

const tooManyProblem = {
  code: channelCodes.duplicate,
  message: `there are ${mostChannels} channels: remove some`,
  source: { pointer: '' },
}

const hiddenProblem = {
  code: channelCodes.secret,
  message:
    'a secret is hidden, and there is none before that it could stand for: send the secret itself',
  source: { pointer: '' },
}
