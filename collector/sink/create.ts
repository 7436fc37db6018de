import type { Logger } from '../../runtime/log.ts'
import type { Settings } from '../../runtime/settings.ts'
import type { Ledger } from '../delivery/ledger.ts'
import { kafkaSinkOptions } from './kafka-options.ts'
import type { Sink } from './sink.ts'

/**
 * The sink that the settings name. To Kafka a thread of its own sends; to ClickHouse there is nothing to gain by one, since an INSERT hands the blocks to the kernel as they
 * are (docs/decisions/kafka-client.md).
 * @throws UserError that names the setting that is missing
 */
export async function createSink(settings: Settings, ledger: Ledger, log: Logger): Promise<Sink> {
  // Each loaded where it is used: a client is megabytes of code.
  if (settings.sink === 'kafka') {
    const { createThreadedSink } = await import('./threaded.ts')
    return createThreadedSink(kafkaSinkOptions(settings), ledger, log)
  }
  const { createStoreClient, findStore } = await import('../../schema/client.ts')
  const { createClickHouseSink } = await import('./clickhouse.ts')
  return createClickHouseSink(createStoreClient(await findStore(settings)))
}
