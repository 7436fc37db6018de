// The settings of Kafka: for the collector's sink, and for the tables that read its topics.

import { oneOf, parseEndpoint, type Setting, text, trueOrFalse } from './setting.ts'
import type { Settings } from './settings.ts'

/** host:port, without the port 0. */
function parseBrokers(value: string): string[] | undefined {
  const brokers = value.split(',').map((part) => part.trim())
  const areGood = brokers.every((broker) => {
    const endpoint = parseEndpoint(broker)
    return endpoint !== undefined && endpoint.host !== '' && endpoint.port !== 0
  })
  return areGood ? brokers : undefined
}

export const kafkaDefinitions = {
  kafkaBrokers: {
    env: 'NETMON_KAFKA_BROKERS',
    flag: 'kafka-brokers',
    help: 'Kafka brokers to begin with, host:port,host:port',
    parse: parseBrokers,
    expects: 'addresses such as kafka1:9092,kafka2:9092',
  },
  kafkaTopic: {
    env: 'NETMON_KAFKA_TOPIC',
    flag: 'kafka-topic',
    fallback: 'flows',
    help: 'topic of flows; those of other streams are named TOPIC_status and so on',
    parse: (value: string) => (/^[\w.-]{1,200}$/.test(value) ? value : undefined),
    expects: 'letters, digits, dots, _ and -, at most 200',
  },
  kafkaPartitions: {
    env: 'NETMON_KAFKA_PARTITIONS',
    flag: 'kafka-partitions',
    fallback: '6',
    help: "partitions of the flows' topic, where it is missing and is created",
    parse: (value: string) => (/^[1-9]\d{0,3}$/.test(value) ? Number(value) : undefined),
    expects: 'a number from 1 to 9999',
  },
  kafkaGroup: {
    env: 'NETMON_KAFKA_GROUP',
    flag: 'kafka-group',
    help: "consumer group by which ClickHouse reads the flows' topic (default: netmon_DATABASE)",
    parse: (value: string) => (/^[\w.-]{1,200}$/.test(value) ? value : undefined),
    expects: 'letters, digits, dots, _ and -, at most 200',
  },
  kafkaConsumers: {
    env: 'NETMON_KAFKA_CONSUMERS',
    flag: 'kafka-consumers',
    fallback: '1',
    help: "threads of ClickHouse that read the flows' topic; not more than it has cores",
    parse: (value: string) => (/^[1-9]\d?$/.test(value) ? Number(value) : undefined),
    expects: 'a number from 1 to 99',
  },
  kafkaTls: {
    env: 'NETMON_KAFKA_TLS',
    flag: 'kafka-tls',
    fallback: 'false',
    help: 'true: connections to brokers use TLS',
    ...trueOrFalse,
  },
  kafkaTlsCa: {
    env: 'NETMON_KAFKA_TLS_CA',
    flag: 'kafka-tls-ca',
    help: "PEM file of the authority that signs the brokers' certificates (default: the public ones)",
    ...text,
  },
  kafkaTlsCert: {
    env: 'NETMON_KAFKA_TLS_CERT',
    flag: 'kafka-tls-cert',
    help: "PEM file of the client's certificate",
    ...text,
  },
  kafkaTlsKey: {
    env: 'NETMON_KAFKA_TLS_KEY',
    flag: 'kafka-tls-key',
    help: "PEM file of the client's key",
    ...text,
  },
  kafkaSaslMechanism: {
    env: 'NETMON_KAFKA_SASL_MECHANISM',
    flag: 'kafka-sasl-mechanism',
    fallback: 'scram-sha-512',
    help: 'how the user is proved, where there is one: plain, scram-sha-256 or scram-sha-512',
    ...oneOf('plain', 'scram-sha-256', 'scram-sha-512'),
  },
  kafkaSaslUser: {
    env: 'NETMON_KAFKA_SASL_USER',
    flag: 'kafka-sasl-user',
    help: 'user that brokers ask for (default: none)',
    ...text,
  },
  kafkaSaslPassword: {
    env: 'NETMON_KAFKA_SASL_PASSWORD',
    help: "that user's password",
    parse: (value: string) => value,
    expects: 'a text',
  },
  kafkaClient: {
    env: 'NETMON_KAFKA_CLIENT',
    flag: 'kafka-client',
    fallback: 'platformatic',
    help: 'library that writes to Kafka: platformatic (Kafka 2.7 or newer), or kafkajs, which takes several times as much of the processor',
    ...oneOf('platformatic', 'kafkajs'),
  },
  kafkaCompression: {
    env: 'NETMON_KAFKA_COMPRESSION',
    flag: 'kafka-compression',
    fallback: 'none',
    help: 'of messages: none, gzip, lz4, snappy, or zstd (Node 22.15 or newer)',
    ...oneOf('none', 'gzip', 'lz4', 'snappy', 'zstd'),
  },
  kafkaFlowsPerMessage: {
    env: 'NETMON_KAFKA_FLOWS_PER_MESSAGE',
    flag: 'kafka-flows-per-message',
    fallback: 'many',
    help: 'many: as many flows as fit in 256 KiB; 1: one each, for consumers that want it so',
    ...oneOf('many', '1'),
  },
} satisfies Record<string, Setting<unknown>>

/** Consumer group by which ClickHouse reads the flows' topic: one for each database, so that two may read the same topics. */
export function kafkaGroup(settings: Settings): string {
  return settings.kafkaGroup ?? `netmon_${settings.clickhouseDatabase}`
}
