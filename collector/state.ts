// Templates and learned sampling rates outlive the process: without them a restart is blind until every exporter has sent its templates
// again, which takes minutes.

import { readFile, rename } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, messageOf } from '../runtime/errors.ts'
import { writeFileAtomic } from '../runtime/files.ts'
import type { Logger } from '../runtime/log.ts'
import type { Decoder } from './decode/decode.ts'

const lookEveryMs = 500
/** A flood of templates must not keep the process writing: saving takes at most this share of the time. */
const leastPauseFactor = 20

/** Gives the decoder what an earlier run saved. A file that cannot be understood is put aside, never a reason not to start. */
export async function restoreState(decoder: Decoder, file: string, log: Logger): Promise<void> {
  try {
    const restored = decoder.restore(JSON.parse(await readFile(file, 'utf8')))
    log.info(restored, 'restored templates and sampling rates')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    log.warn(
      { file, error: messageOf(error) },
      'saved templates are not readable: put aside, exporters will send them again',
    )
    await rename(file, `${file}.bad`).catch(() => {})
  }
}

/** Saves within a second of a change, until stopped; the stop saves a last time. */
export function keepState(decoder: Decoder, file: string, log: Logger): { stop(): Promise<void> } {
  const stopping = new AbortController()
  let saved = decoder.revision
  let failing = false

  const save = async () => {
    const { revision } = decoder
    if (revision === saved) return
    try {
      await writeFileAtomic(file, JSON.stringify(decoder.snapshot()))
      saved = revision
      failing = false
    } catch (error) {
      if (!failing) log.error({ file, error: messageOf(error) }, 'cannot save templates')
      failing = true
    }
  }

  const saving = async () => {
    while (!stopping.signal.aborted) {
      const startedMs = performance.now()
      await save()
      const pauseMs = Math.max(lookEveryMs, (performance.now() - startedMs) * leastPauseFactor)
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
    await save()
  }
  const done = saving()

  return {
    async stop() {
      stopping.abort()
      await done
    },
  }
}
