// Where a datagram says how it is to be read: its versions, counts, lengths, ids. Changes there reach code that changes
// of values do not. Finds what it can in a damaged datagram, too.

/** An unsigned big-endian integer. */
export interface Landmark {
  readonly offset: number
  readonly bytes: 2 | 4
}

/** A set, a sample, or a record of NetFlow v5, with its header. */
export interface Piece {
  readonly start: number
  readonly end: number
}

export interface Landmarks {
  readonly numbers: readonly Landmark[]
  readonly pieces: readonly Piece[]
}

interface Survey {
  readonly view: Buffer
  readonly numbers: Landmark[]
  readonly pieces: Piece[]
}

export function findLandmarks(datagram: Uint8Array): Landmarks {
  const view = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.length)
  const survey: Survey = { view, numbers: [], pieces: [] }
  if (view.length < 4) return survey
  switch (view.readUInt16BE(0)) {
    case 5:
      surveyNetflow5(survey)
      break
    case 9:
      surveySets(survey, 20, { template: 0, options: 1, enterpriseBit: 0 })
      break
    case 10:
      surveySets(survey, 16, { template: 2, options: 3, enterpriseBit: 0x8000 })
      break
    default:
      surveySflow(survey)
  }
  return survey
}

/** Notes consecutive numbers of these sizes from `offset` on, as far as they are there. Returns where they end. */
function note({ view, numbers }: Survey, offset: number, ...sizes: (2 | 4)[]): number {
  for (const bytes of sizes) {
    if (offset + bytes > view.length) break
    numbers.push({ offset, bytes })
    offset += bytes
  }
  return offset
}

/** Header of 24 bytes, records of 48. */
function surveyNetflow5(survey: Survey): void {
  note(survey, 0, 2, 2, 4, 4, 4, 4, 2, 2)
  const { length } = survey.view
  for (let start = 24; start + 48 <= length; start += 48) {
    survey.pieces.push({ start, end: start + 48 })
  }
}

interface SetIds {
  readonly template: number
  readonly options: number
  readonly enterpriseBit: number
}

/** Sets: id 2, length 2. Template records in them: id 2, field count 2. */
function surveySets(survey: Survey, headerBytes: number, ids: SetIds): void {
  const { view, pieces } = survey
  note(survey, 0, 2, 2, 4, 4, 4)
  for (let start = headerBytes; start + 4 <= view.length; ) {
    note(survey, start, 2, 2)
    const id = view.readUInt16BE(start)
    const length = view.readUInt16BE(start + 2)
    const end = Math.min(view.length, start + Math.max(4, length))
    if (id === ids.template) surveyTemplates(survey, start + 4, end, ids.enterpriseBit)
    else if (id === ids.options) note(survey, start + 4, ...words((end - start - 4) / 2))
    pieces.push({ start, end })
    start = end
  }
}

/** Fields: id 2, length 2 and, with the enterprise bit, 4 more. */
function surveyTemplates(survey: Survey, start: number, end: number, enterpriseBit: number): void {
  const { view } = survey
  for (let offset = start; offset + 4 <= end; ) {
    const fields = view.readUInt16BE(offset + 2)
    offset = note(survey, offset, 2, 2)
    for (let i = 0; i < fields && offset + 4 <= end; i++) {
      const hasEnterprise = (view.readUInt16BE(offset) & enterpriseBit) !== 0
      offset = note(survey, offset, 2, 2, ...(hasEnterprise ? [4 as const] : []))
    }
  }
}

function words(count: number): 2[] {
  return Array(Math.max(0, Math.floor(count))).fill(2)
}

/** Version, address type, address, then sub-agent, sequence, uptime and sample count. */
function surveySflow(survey: Survey): void {
  const { view, pieces } = survey
  const isIpv6 = view.length >= 8 && view.readUInt32BE(4) === 2
  note(survey, 0, 4, 4)
  const samples = note(survey, isIpv6 ? 24 : 12, 4, 4, 4, 4)
  for (let start = samples; start + 8 <= view.length; ) {
    const end = structureEnd(view, start)
    note(survey, start, 4, 4)
    const format = view.readUInt32BE(start)
    const fixedBytes = recordsAt.get(format)
    if (fixedBytes !== undefined) surveyRecords(survey, start + 8, end, fixedBytes)
    pieces.push({ start, end })
    start = end
  }
}

/** By sample format: how many bytes stand before its records. */
const recordsAt = new Map([
  [1, 32],
  [2, 12],
  [3, 44],
  [4, 16],
  [5, 28],
])

function surveyRecords(survey: Survey, start: number, end: number, fixedBytes: number): void {
  const { view } = survey
  note(survey, start, ...Array<4>(fixedBytes / 4).fill(4))
  for (let record = start + fixedBytes; record + 8 <= end; record = structureEnd(view, record)) {
    // Of a sampled header: protocol, frame length, stripped bytes, header length.
    note(survey, record, 4, 4, 4, 4, 4, 4)
  }
}

/** Format 4, length 4, then that many bytes. */
function structureEnd(view: Buffer, start: number): number {
  const length = view.readUInt32BE(start + 4)
  return Math.min(view.length, start + 8 + Math.ceil(length / 4) * 4)
}
