// The one way to the tables: @clickhouse/client over HTTP, to the embedded store and to a ClickHouse server alike.

import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { readCredentials } from '../runtime/credentials.ts'
import { UserError } from '../runtime/errors.ts'
import type { Settings } from '../runtime/settings.ts'

export type StoreClient = ClickHouseClient

export interface StoreAddress {
  url: string
  user: string
  password: string
  database: string
  /** Of a ClickHouse that is more than one server. */
  cluster?: string
}

/**
 * Where the tables are: the ClickHouse that the settings name, else the embedded store of the data directory.
 * @throws UserError when neither is known.
 */
export async function findStore(settings: Settings): Promise<StoreAddress> {
  const embedded = await readCredentials(settings.dataDir)
  const url = settings.clickhouseUrl ?? embedded?.url
  if (url === undefined) {
    throw new UserError(
      `no store is known in ${settings.dataDir}: start one with \`netmon up\`, or name its data directory with --data, or a ClickHouse with NETMON_CLICKHOUSE_URL`,
    )
  }
  return {
    url,
    user: settings.clickhouseUser ?? embedded?.user ?? 'default',
    password: settings.clickhousePassword ?? embedded?.password ?? '',
    database: settings.clickhouseDatabase,
    ...(settings.clickhouseCluster !== undefined && { cluster: settings.clickhouseCluster }),
  }
}

/** `requestTimeoutMs` must be longer than any statement takes: a client that gives up before the server makes it try twice. */
export function createStoreClient(address: StoreAddress, requestTimeoutMs = 180_000): StoreClient {
  return createClient({
    url: address.url,
    username: address.user,
    password: address.password,
    database: address.database,
    request_timeout: requestTimeoutMs,
    application: 'netmon',
    // A store that closes idle connections must not make the next request fail.
    keep_alive: { enabled: true, idle_socket_ttl: 2_000 },
    max_open_connections: 16,
    // Whatever fails is thrown, and told once by whom it concerns.
    log: { level: ClickHouseLogLevel.OFF },
  })
}
