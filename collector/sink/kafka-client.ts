// How brokers are reached: kafkajs with TLS whose files are read at every connection, so that a renewed certificate needs no restart.

import { readFileSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import { type ISocketFactory, Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { messageOf } from '../../runtime/errors.ts'
import type { Logger } from '../../runtime/log.ts'

export interface KafkaConnection {
  /** host:port each; the others of a cluster are learned from them. */
  brokers: string[]
  /** Absent without TLS. Paths of PEM files; without `ca` the authorities that Node trusts. */
  tls?: { ca?: string | undefined; certificate?: string | undefined; key?: string | undefined }
  sasl?: SaslCredentials
}

export interface SaslCredentials {
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  username: string
  password: string
}

const keepAliveMs = 60_000

export function createKafkaClient(connection: KafkaConnection, log: Logger): Kafka {
  const { brokers, sasl } = connection
  return new Kafka({
    clientId: 'netmon',
    brokers,
    connectionTimeout: 5_000,
    authenticationTimeout: 10_000,
    requestTimeout: 30_000,
    ssl: connection.tls !== undefined,
    ...(sasl && { sasl: sasl as SASLOptions }),
    socketFactory: createSocketFactory(connection.tls),
    // The sink's caller tries again for ever, and tells people: here once is enough, and what is logged is for debugging.
    retry: { retries: 1, initialRetryTime: 50, maxRetryTime: 500 },
    logLevel: logLevel.WARN,
    logCreator: () => {
      const { debug } = log.child({ library: 'kafkajs' })
      return ({ namespace, log: { message, error } }) => debug?.({ namespace, error }, message)
    },
  })
}

function createSocketFactory(files: KafkaConnection['tls']): ISocketFactory {
  return ({ host, port, onConnect }) => {
    const socket =
      files === undefined
        ? net.connect({ host, port }, onConnect)
        : tls.connect(
            {
              host,
              port,
              ...(!net.isIP(host) && { servername: host }),
              ...(files.ca && { ca: readPem(files.ca) }),
              ...(files.certificate && { cert: readPem(files.certificate) }),
              ...(files.key && { key: readPem(files.key) }),
            },
            onConnect,
          )
    return socket.setKeepAlive(true, keepAliveMs).setNoDelay(true)
  }
}

/** @throws Error that names the file */
export function readPem(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Error(`cannot read ${file}: ${messageOf(error)}`)
  }
}
