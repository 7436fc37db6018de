import { expect, test } from 'vitest'
import { kafkaSinkOptions } from '../../../collector/sink/kafka-options.ts'
import { readSettings } from '../../../runtime/settings.ts'

test('what is missing of the settings is named', () => {
  expect(() => kafkaSinkOptions(readSettings({}))).toThrow(
    'NETMON_SINK=kafka needs NETMON_KAFKA_BROKERS, as in kafka1:9092',
  )
  const brokers = { NETMON_KAFKA_BROKERS: 'kafka1:9092' }
  expect(() =>
    kafkaSinkOptions(readSettings({ ...brokers, NETMON_KAFKA_TLS_CERT: '/c.pem' })),
  ).toThrow('NETMON_KAFKA_TLS_CERT and NETMON_KAFKA_TLS_KEY go together')
  expect(() =>
    kafkaSinkOptions(readSettings({ ...brokers, NETMON_KAFKA_SASL_USER: 'netmon' })),
  ).toThrow('NETMON_KAFKA_SASL_USER and NETMON_KAFKA_SASL_PASSWORD go together')
})
