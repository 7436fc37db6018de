// Saved templates and sampling rates, to the workers and back: the file is one, whatever the number of workers when it was written.

import { parseAddress } from '../../runtime/ip.ts'
import type { DecoderSnapshot } from '../decode/snapshot.ts'
import { homeOfAddress } from './home.ts'

/** What of a saved snapshot belongs to this worker; what cannot be understood goes to the first, which counts it as rejected. Undefined without a snapshot. */
export function ownPart(snapshot: unknown, worker: number, workers: number): unknown {
  const isFirst = worker === 0
  if (snapshot === undefined) return undefined
  if (!isObject(snapshot)) return isFirst ? snapshot : undefined
  const { exporters } = snapshot
  if (!Array.isArray(exporters)) return isFirst ? snapshot : undefined
  const homeOf = (exporter: unknown): number => {
    const text = isObject(exporter) ? exporter['address'] : undefined
    const address = typeof text === 'string' ? parseAddress(text) : undefined
    return address === undefined ? 0 : homeOfAddress(address, workers)
  }
  return { ...snapshot, exporters: exporters.filter((exporter) => homeOf(exporter) === worker) }
}

/** One snapshot of all: no exporter is in two. The one silent longest comes first, as in each. */
export function joinSnapshots(parts: readonly DecoderSnapshot[]): DecoderSnapshot {
  const exporters = parts.flatMap((part) => part.exporters)
  return { version: 1, exporters: exporters.sort((a, b) => a.lastSeenMs - b.lastSeenMs) }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
