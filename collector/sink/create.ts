import type { Logger } from '../../runtime/log.ts'
import type { Settings } from '../../runtime/settings.ts'
import { createStoreClient, findStore } from '../../schema/client.ts'
import type { Ledger } from '../delivery/ledger.ts'
import { createClickHouseSink } from './clickhouse.ts'
import type { Sink } from './sink.ts'
import { createThreadedSink } from './threaded.ts'

/**
 * The sink that the settings name. To Kafka a thread of its own sends; to ClickHouse there is nothing to gain by one, since an INSERT hands the blocks to the kernel as they
 * are (docs/decisions/kafka-client.md).
 * @throws UserError that names the setting that is missing
 */
export async function createSink(settings: Settings, ledger: Ledger, log: Logger): Promise<Sink> {
  if (settings.sink === 'kafka') return createThreadedSink(settings, ledger, log)
  return createClickHouseSink(createStoreClient(await findStore(settings)))
}
