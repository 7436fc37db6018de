import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { createDecoder, type Decoder } from '../../collector/decode/decode.ts'
import { keepState, readState, restoreState } from '../../collector/state.ts'
import { u32 } from '../build/bytes.ts'
import { source } from '../build/decoded.ts'
import { flowSet, netflow9, templateFlowSet } from '../build/netflow9.ts'
import { temporaryDirectory } from '../build/temporary.ts'

const log = pino({ level: 'silent' })
const header = { seconds: 1_700_000_000 }
const template = netflow9(header, templateFlowSet(256, [8, 4], [1, 4]))
const data = netflow9(header, flowSet(256, u32(0x0a000001), u32(1500)))

const newFile = () => path.join(temporaryDirectory(), 'templates.json')

function createTestDecoder(): { decoder: Decoder; flows: () => number } {
  let flows = 0
  const decoder = createDecoder({ emit: () => flows++ })
  return { decoder, flows: () => flows }
}

test('templates are on disk soon after they came, and decode the next run’s first datagram', async () => {
  const file = newFile()
  const first = createTestDecoder()
  const state = keepState(first.decoder, file, log)
  first.decoder.decode(template, source(), 0)
  await vi.waitFor(() => expect(existsSync(file)).toBe(true), { timeout: 10_000 })
  await state.stop()

  const second = createTestDecoder()
  restoreState(second.decoder, await readState(file, log), log)
  second.decoder.decode(data, source(), 0)
  expect(second.flows()).toBe(1)
})

test('a stop saves what came after the last save, and nothing is written when nothing changed', async () => {
  const file = newFile()
  const { decoder } = createTestDecoder()
  const state = keepState(decoder, file, log)
  decoder.decode(template, source(), 0)
  await state.stop()
  expect(readFileSync(file, 'utf8')).toContain('256')
  const unchanged = newFile()
  await keepState(decoder, unchanged, log).stop()
  expect(existsSync(unchanged)).toBe(false)
})

test.each(['', '{"templ', '[1,2,3]', 'null'])(
  'a file that holds %j is put aside or ignored, and the start goes on',
  async (content) => {
    const file = newFile()
    writeFileSync(file, content)
    const { decoder, flows } = createTestDecoder()
    restoreState(decoder, await readState(file, log), log)
    decoder.decode(template, source(), 0)
    decoder.decode(data, source(), 0)
    expect(flows()).toBe(1)
  },
)
