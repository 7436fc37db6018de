// What went wrong with a broker, for the people who can mend it: which broker, what it or the network says, and which setting to look at.

import { messageOf } from '../../runtime/errors.ts'
import type { KafkaConnection } from './kafka-client.ts'

/** After these the broker no longer knows what this producer sent, and takes nothing more from it. */
const lostProducer = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
])

/** The certificate is not what the client wants (Node, TLS errors; OpenSSL, X509_V_ERR_*). */
const foreignCertificate = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
])

/** A topic that has fewer partitions than it had. */
export class PartitionMissing extends Error {
  override readonly name = 'PartitionMissing'
  /** As Kafka calls it. */
  readonly type = 'UNKNOWN_TOPIC_OR_PARTITION'

  constructor(topic: string, partition: number) {
    super(`topic ${topic} has no partition ${partition} any more`)
  }
}

interface Facts {
  /** The client's class. */
  name: string
  /** Of Node or OpenSSL. */
  code: string
  /** Kafka's error code by name. */
  type: string
  broker: string
  message: string
}

/** Whether a new producer is needed. */
export function isProducerLost(error: unknown): boolean {
  return lostProducer.has(factsOf(error).type)
}

/** Whether the topic has to be looked at again. */
export function isTopicLost(error: unknown): boolean {
  return factsOf(error).type === 'UNKNOWN_TOPIC_OR_PARTITION'
}

/** Whether the user lacks a right. */
export function isRefused(error: unknown): boolean {
  return factsOf(error).type.endsWith('AUTHORIZATION_FAILED')
}

/** One line that says what is wrong, where, and what to do. */
export function explainKafkaError(
  error: unknown,
  topic: string,
  connection: KafkaConnection,
): string {
  const { name, code, type, broker, message } = factsOf(error)
  const at = `Kafka broker ${broker || connection.brokers.join(', ')}`
  const { tls, sasl } = connection
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `${at}: the host name cannot be resolved (NETMON_KAFKA_BROKERS, or what the broker advertises)`
  }
  if (code === 'ECONNREFUSED') return `${at} refuses the connection: nothing listens there`
  if (foreignCertificate.has(code)) {
    const trusted = tls?.ca ?? 'the authorities of this machine'
    return `${at}: its certificate is not signed by ${trusted} (${message}): see NETMON_KAFKA_TLS_CA`
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `${at}: its certificate is for another host (${message}): use a name that it has`
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return `${at}: its certificate has expired or is not valid yet (${message})`
  }
  if (code === 'EPROTO' || /wrong version number/.test(message)) {
    return `${at}: TLS fails (${message}): does that port speak TLS, and does it take the client certificate?`
  }
  if (name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED') {
    return `${at} refuses user ${sasl?.username} by ${sasl?.mechanism} (${message}): see NETMON_KAFKA_SASL_USER, _PASSWORD and _MECHANISM`
  }
  if (/closed/i.test(message)) {
    const spoken = [tls ? 'TLS' : 'no TLS', sasl ? `SASL ${sasl.mechanism}` : 'no SASL'].join(', ')
    return `${at} closed the connection: it went down, or expects something other than ${spoken}`
  }
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return `${at} has no topic ${topic} (${message})`
  if (type.endsWith('AUTHORIZATION_FAILED')) {
    return `${at} does not allow ${sasl?.username ?? 'this client'} to write to topic ${topic} (${type}): it takes Write, Describe and, where the topic is missing, Create`
  }
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') {
    return `topic ${topic} takes no batches of 768 KiB: raise its max.message.bytes to Kafka's default, 1048588`
  }
  if (type.startsWith('NOT_ENOUGH_REPLICAS')) {
    return `topic ${topic} has fewer replicas in sync than its min.insync.replicas: brokers are down`
  }
  return `${at}: ${message}`
}

/** Clients wrap errors in errors; what happened is the innermost, of several the first. */
function factsOf(error: unknown): Facts {
  const facts: Facts = { name: '', code: '', type: '', broker: '', message: messageOf(error) }
  for (let at = error; at instanceof Error; at = at.cause ?? firstOf(at)) {
    facts.name = at.name
    facts.message = messageOf(at)
    if ('code' in at && typeof at.code === 'string') facts.code = at.code
    // kafkajs has it as `type`, @platformatic/kafka as `apiId`.
    if ('type' in at && typeof at.type === 'string') facts.type = at.type
    if ('apiId' in at && typeof at.apiId === 'string') facts.type = at.apiId
    if ('broker' in at && typeof at.broker === 'string') facts.broker = at.broker
    facts.broker = /^Connection to (\S+:\d+) failed/.exec(at.message)?.[1] ?? facts.broker
  }
  facts.message = facts.message.replace(/^(?:Connection error|Failed to connect): /, '')
  return facts
}

function firstOf(error: Error): unknown {
  return error instanceof AggregateError ? error.errors[0] : undefined
}
