import { UserError } from '../../runtime/errors.ts'
import { kafkaGroup } from '../../runtime/kafka-settings.ts'
import type { Settings } from '../../runtime/settings.ts'
import type { KafkaSinkOptions } from './kafka.ts'
import type { KafkaConnection, SaslCredentials } from './kafka-client.ts'

/** @throws UserError that names the setting that is missing */
export function kafkaSinkOptions(settings: Settings): KafkaSinkOptions {
  return {
    connection: kafkaConnection(settings),
    topic: settings.kafkaTopic,
    partitions: settings.kafkaPartitions,
    group: kafkaGroup(settings),
    client: settings.kafkaClient,
    compression: settings.kafkaCompression,
    oneFlowEach: settings.kafkaFlowsPerMessage === '1',
  }
}

function kafkaConnection(settings: Settings): KafkaConnection {
  const { kafkaBrokers: brokers, kafkaTlsCa: ca, kafkaTlsCert: certificate } = settings
  const key = settings.kafkaTlsKey
  if (brokers === undefined) {
    throw new UserError('NETMON_SINK=kafka needs NETMON_KAFKA_BROKERS, as in kafka1:9092')
  }
  if ((certificate === undefined) !== (key === undefined)) {
    throw new UserError('NETMON_KAFKA_TLS_CERT and NETMON_KAFKA_TLS_KEY go together')
  }
  const sasl = saslCredentials(settings)
  const usesTls = settings.kafkaTls || ca !== undefined || certificate !== undefined
  return { brokers, ...(usesTls && { tls: { ca, certificate, key } }), ...(sasl && { sasl }) }
}

function saslCredentials(settings: Settings): SaslCredentials | undefined {
  const { kafkaSaslUser: username, kafkaSaslPassword: password } = settings
  if (username === undefined && password === undefined) return undefined
  if (username === undefined || password === undefined) {
    throw new UserError('NETMON_KAFKA_SASL_USER and NETMON_KAFKA_SASL_PASSWORD go together')
  }
  return { mechanism: settings.kafkaSaslMechanism, username, password }
}
