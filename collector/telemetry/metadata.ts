// Names that exporters gave to numbers in options data, as rows of the table `metadata` (schema/clickhouse/005_metadata.sql). Exporters repeat
// them each minute or so: a name is sent when it is new or has changed, and again once an hour, so that the table's TTL drops only what is gone and
// a table that was lost fills again.

import { crc32 } from 'node:zlib'
import type { LearnedName } from '../decode/learned-name.ts'
import { timeText } from './rows.ts'

const sendAgainMs = 3_600_000
/** Names are free to invent: beyond this many, the one told longest ago is forgotten, which costs sending it again. */
const maxNames = 200_000

interface Sent {
  /** Of name and description. A change that leaves it as it was waits for the next hour. */
  readonly checksum: number
  readonly sentMs: number
}

/** What names were sent, and when. `send` is given a row and answers whether there was room for it. */
export function createMetadata(send: (row: object) => boolean): (name: LearnedName) => void {
  const sent = new Map<string, Sent>()
  return (learned) => {
    const { kind, exporter, observationDomainId, id, name, description, receivedMs } = learned
    const key = `${kind} ${exporter} ${observationDomainId} ${id}`
    const checksum = crc32(`${name}\0${description}`)
    const known = sent.get(key)
    // Told last, forgotten last.
    sent.delete(key)
    if (known?.checksum === checksum && Math.abs(receivedMs - known.sentMs) < sendAgainMs) {
      sent.set(key, known)
      return
    }
    if (sent.size >= maxNames) {
      const [oldest] = sent.keys()
      if (oldest !== undefined) sent.delete(oldest)
    }
    if (send(metadataRow(learned))) sent.set(key, { checksum, sentMs: receivedMs })
  }
}

function metadataRow(learned: LearnedName): object {
  return {
    time: timeText(learned.receivedMs),
    kind: learned.kind,
    exporter: learned.exporter,
    observation_domain_id: learned.observationDomainId,
    id: learned.id,
    name: learned.name,
    description: learned.description,
  }
}
