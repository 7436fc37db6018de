// `netmon decode FILE.pcap ...`: what exporters sent, as one JSON object a line and flow.

import { closeSync, openSync, statSync } from 'node:fs'
import type { Writable } from 'node:stream'
import type { Compat } from '../../collector/decode/compat.ts'
import { createDecoder, type Decoder } from '../../collector/decode/decode.ts'
import type { Source } from '../../collector/exporters/source.ts'
import { createSources } from '../../collector/receive/sources.ts'
import { applySampling } from '../../collector/sampling.ts'
import { flowToJson } from '../../collector/sink/flow-json.ts'
import { codeOf, messageOf } from '../../runtime/errors.ts'
import { formatAddress } from '../../runtime/ip.ts'
import { createProgress, type Progress } from '../progress.ts'
import { readPackets } from './capture.ts'
import { type CapturedPacket, DamagedCapture } from './captured-packet.ts'
import { FileBytes } from './file-bytes.ts'
import { createReassembler, type Reassembler } from './fragments.ts'
import { readFrame } from './frame.ts'
import { createLineOutput, type LineOutput } from './line-output.ts'
import { Tally } from './tally.ts'

const bytesPerMb = 1_000_000

interface Run {
  readonly decoder: Decoder
  readonly reassembler: Reassembler
  readonly sources: (sender: { address: string; port: number }) => Source
  readonly output: LineOutput
  readonly tally: Tally
  readonly progress: Progress
}

/**
 * Decodes the UDP datagrams of the captures, in the order given: templates of one are known in the
 * next. Flows go to stdout; what could not be read, and a summary, to stderr. Returns the exit
 * code: 0; 1 when no flow could be decoded, or when a file or stdout failed; 2 without files. That
 * the reader of stdout has had enough is no failure.
 */
export async function decodeCommand(
  files: string[],
  io: { stdout: Writable; stderr: Writable },
  compat: Compat = 'none',
): Promise<number> {
  if (files.length === 0) {
    io.stderr.write('netmon decode: name the capture files to decode\n')
    return 2
  }
  const output = createLineOutput(io.stdout)
  const tally = new Tally()
  const decoder = createDecoder({
    compat,
    emit(flow) {
      applySampling(flow, undefined)
      output.add(flowToJson(flow))
      tally.flows++
    },
  })
  const work = { title: 'decoding', unit: 'MB', total: sizeOf(files) / bytesPerMb }
  const progress = createProgress(io.stderr, work)
  const reassembler = createReassembler()
  const run = { decoder, reassembler, sources: createSources(), output, tally, progress }

  let complaints = 0
  let unreadable = 0
  let before = 0
  for (const file of files) {
    if (output.failure() !== undefined) break
    try {
      before += await decodeFile(file, run, before)
    } catch (error) {
      progress.end()
      io.stderr.write(`netmon decode: ${file} ${describe(error)}\n`)
      complaints++
      if (!(error instanceof DamagedCapture)) unreadable++
    }
  }
  run.decoder.giveUpParked()
  await output.flush('rest')
  progress.end()

  const failure = output.failure()
  if (failure?.code === 'EPIPE') return 0
  if (failure !== undefined) {
    io.stderr.write(`netmon decode: cannot write to stdout: ${failure.message}\n`)
    return 1
  }
  if (tally.packets > 0 || complaints === 0) {
    io.stderr.write(tally.summary(run.reassembler.incomplete(), decoder.counters.undecodable))
  }
  return unreadable > 0 || tally.flows === 0 ? 1 : 0
}

/**
 * Answers how many bytes the file has; `before` are those of the files before it.
 * @throws DamagedCapture, or the system's error when the file cannot be read; what stands before
 * that is decoded.
 */
async function decodeFile(path: string, run: Run, before: number): Promise<number> {
  const file = openSync(path, 'r')
  try {
    const bytes = new FileBytes(file)
    for (const packet of readPackets(bytes)) {
      decodePacket(packet, run)
      run.progress.at((before + bytes.position) / bytesPerMb)
      await run.output.flush()
      if (run.output.failure() !== undefined) break
    }
    return bytes.position
  } finally {
    closeSync(file)
  }
}

function decodePacket(packet: CapturedPacket, { decoder, reassembler, sources, tally }: Run): void {
  tally.packets++
  // A packet without a time of capture counts as received now.
  const receivedMs = packet.timeMs ?? Date.now()
  const datagram = readFrame(packet.linkType, packet.bytes, receivedMs, reassembler)
  if (typeof datagram === 'string') {
    tally.countFrame(datagram)
    return
  }
  const { sourceAddress, sourcePort, payload } = datagram
  const source = sources({ address: formatAddress(sourceAddress), port: sourcePort })
  tally.countDatagram(decoder.decode(payload, source, receivedMs))
}

/** Of all files together; of a pipe it is not known beforehand. */
function sizeOf(files: readonly string[]): number {
  const sizes = files.map((file) => {
    const found = statSync(file, { throwIfNoEntry: false })
    return found?.isFile() === true ? found.size : Number.NaN
  })
  return sizes.reduce((sum, size) => sum + size, 0)
}

function describe(error: unknown): string {
  if (error instanceof DamagedCapture) return error.message
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'does not exist'
    case 'EACCES':
      return 'may not be read: permission denied'
    case 'EISDIR':
      return 'is a directory'
    default:
      return `cannot be read: ${messageOf(error)}`
  }
}
