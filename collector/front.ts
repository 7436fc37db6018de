// What receives and decodes, as the rest of the collector sees it: the thread that it runs in itself, or workers.

import type { ExporterDescription } from './decode/description.ts'
import type { Ledger } from './delivery/ledger.ts'
import type { KnownExporters } from './exporters/exporters.ts'
import type { RouterList } from './exporters/routers.ts'
import type { Listener } from './receive/udp.ts'
import type { Learned } from './state.ts'
import type { Decoding } from './telemetry/decoding.ts'

export interface Front {
  /** What it counted, and what delivery did; with workers, as of the last `look`. */
  readonly ledger: Ledger
  readonly exporters: KnownExporters
  readonly decoder: Decoding
  /** What it has learned, to be saved. */
  readonly learned: Learned
  /** Threads that receive. */
  readonly workers: number
  /** Times that one of them was started again. */
  restarts(): number
  /** Undefined until it receives. */
  listeners(): readonly Listener[] | undefined
  kernelDrops(): number
  /** Decoded flows that have not come to the output yet, and when the first of them was received. */
  openFlows(): number
  oldestOpenMs(): number | undefined
  /** Takes over `saved`, and opens the sockets. @throws UserError naming the address that cannot be bound. */
  open(saved: unknown): Promise<readonly Listener[]>
  /** Brings all of the above up to date. Resolves with the moment before which all that was received is in it. */
  look(): Promise<number>
  describe(): Promise<readonly ExporterDescription[]>
  /** With workers: a new list applies. */
  takeRouters(list: RouterList): void
  /** Reads what the kernel still holds, for at most `drainMs`; nothing comes any more after that. */
  stop(drainMs: number): Promise<void>
}
