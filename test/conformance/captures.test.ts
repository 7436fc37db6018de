// Captures of real exporters, decoded as `netmon decode` does and compared with what tshark and nfdump read in them.
// README.md tells how.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDecoder } from '../../collector/decode/decode.ts'
import type { LearnedName } from '../../collector/decode/learned-name.ts'
import { decodeCommand } from '../../netmon/decode/command.ts'
import { readCapture } from '../build/pcap.ts'
import { type Flow, mismatches } from './compare.ts'
import { type Difference, differences } from './differences.ts'
import { captures, nfdumpCaptures, nfdumpReading, tsharkReading } from './expectations.ts'
import { atReceipt, recapturedAt } from './times.ts'

const folder = process.env['CAPTURES']
if (folder === undefined) console.log('CAPTURES is not set: no captures of real exporters are read')
else describe('captures of real exporters', () => conformanceTests(folder))

/** After all exports in the captures. */
const late = new Date('2026-01-02T03:04:05Z')

function conformanceTests(folder: string): void {
  const used = new Set<Difference>()
  let work = ''
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'conformance-'))
  })
  afterAll(() => rmSync(work, { recursive: true }))

  const original = (capture: string) => join(folder, `${capture}.pcap`)
  /** The same datagrams, received when all times of their flows are past. */
  const recaptured = (capture: string) => {
    const path = join(work, `${capture}.pcap`)
    writeFileSync(path, recapturedAt(readFileSync(original(capture)), late))
    return path
  }
  const complaintsOf = (capture: string, expected: Flow[], flows: Flow[]) => {
    const result = mismatches(capture, expected, flows, differences)
    for (const difference of result.used) used.add(difference)
    return result.complaints
  }

  test('each capture of the folder has an expectation', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.pcap'))
    expect(files.sort()).toEqual(captures.map((capture) => `${capture}.pcap`).sort())
  })

  test.each(captures)('%s gives the flows that tshark shows, field by field', async (capture) => {
    const receivedNs = BigInt(late.getTime()) * 1_000_000n
    const expected = tsharkReading(capture).flows.map((flow) => atReceipt(flow, receivedNs))
    expect(complaintsOf(capture, expected, await decode(recaptured(capture)))).toEqual([])
  })

  test.each(captures)(
    '%s keeps the clock of the capture, and no time far ahead of it',
    async (capture) => {
      const expected = tsharkReading(capture).flows.map((flow) => atReceipt(flow))
      expect(complaintsOf(capture, expected, await decode(original(capture)))).toEqual([])
    },
  )

  test.each(nfdumpCaptures)('%s gives the flows that nfdump prints', async (capture) => {
    const reading = nfdumpReading(capture)
    const flows = await decode(recaptured(capture))
    expect(flows.length).toBe(reading.length)
    for (const [i, expected] of reading.entries()) {
      const flow = Object.entries(flows[i] ?? {}).map(([field, value]) => [
        field,
        // Of times, nfdump has milliseconds.
        field.endsWith('_ns') ? `${String(value).slice(0, -6)}000000` : value,
      ])
      expect(Object.fromEntries(flow)).toMatchObject(expected)
    }
  })

  test.each(captures)('%s tells the names that tshark shows in options data', (capture) => {
    const names: Omit<LearnedName, 'receivedMs'>[] = []
    const decoder = createDecoder({
      emit: () => {},
      learnName: ({ receivedMs: _, ...name }) => names.push(name),
    })
    for (const { payload, source } of readCapture(original(capture))) {
      decoder.decode(payload, source, late.getTime())
    }
    expect(names).toEqual(tsharkReading(capture).names)
  })

  test('every deliberate difference is one', () => {
    expect(differences.filter((difference) => !used.has(difference))).toEqual([])
  })
}

async function decode(path: string): Promise<Flow[]> {
  const [stdout, stderr] = [new Collected(), new Collected()]
  await decodeCommand([path], { stdout, stderr })
  return stdout.lines().map((line) => JSON.parse(line) as Flow)
}

class Collected extends Writable {
  private text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }

  lines(): string[] {
    return this.text.split('\n').filter((line) => line !== '')
  }
}
