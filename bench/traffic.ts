// The traffic that the schema is measured with: bench/traffic.sql, which says what it is like.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../runtime/package-root.ts'

/** A SELECT of the columns of `ingest` but `segment`; takes the parameters of `TrafficParameters`. */
export const trafficQuery = readFileSync(path.join(packageRoot, 'bench', 'traffic.sql'), 'utf8')

export interface TrafficParameters {
  /** When flow 0 arrives, in seconds since 1970. */
  start: number
  /** Flows per second. */
  rate: number
  /** Number of the first flow. */
  first: number
  count: number
}
