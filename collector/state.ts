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

/** What an earlier run saved, not checked yet; undefined when there is nothing. A file that is no JSON is put aside, never a reason not to start. */
export async function readState(file: string, log: Logger): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    log.warn(
      { file, error: messageOf(error) },
      'saved templates are not readable: put aside, exporters will send them again',
    )
    await rename(file, `${file}.bad`).catch(() => {})
    return undefined
  }
}

/** Gives the decoder what of `saved` can be understood. */
export function restoreState(decoder: Pick<Decoder, 'restore'>, saved: unknown, log: Logger): void {
  log.info(decoder.restore(saved), 'restored templates and sampling rates')
}

/** What is learned, and grows by revisions. */
export type Learned = Pick<Decoder, 'revision' | 'snapshot'>

/** Saves within a second of a change, until stopped; the stop saves a last time. */
export function keepState(learned: Learned, file: string, log: Logger): { stop(): Promise<void> } {
  let failing = false
  return keepSaved(learned, async () => {
    try {
      await writeFileAtomic(file, JSON.stringify(learned.snapshot()))
      failing = false
    } catch (error) {
      if (!failing) log.error({ file, error: messageOf(error) }, 'cannot save templates')
      failing = true
      throw error
    }
  })
}

/** Calls `save` within a second of a change, until stopped; the stop calls it a last time. A save that fails is repeated. */
export function keepSaved(
  learned: Pick<Learned, 'revision'>,
  save: () => Promise<void>,
): { stop(): Promise<void> } {
  const stopping = new AbortController()
  let saved = learned.revision

  const saveChange = async () => {
    const { revision } = learned
    if (revision === saved) return
    try {
      await save()
      saved = revision
    } catch {
      // Told by whoever saves.
    }
  }

  const saving = async () => {
    while (!stopping.signal.aborted) {
      const startedMs = performance.now()
      await saveChange()
      const pauseMs = Math.max(lookEveryMs, (performance.now() - startedMs) * leastPauseFactor)
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
    await saveChange()
  }
  const done = saving()

  return {
    async stop() {
      stopping.abort()
      await done
    },
  }
}
