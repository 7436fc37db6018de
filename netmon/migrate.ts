import type { Writable } from 'node:stream'
import { kafkaSinkOptions } from '../collector/sink/kafka-options.ts'
import { UserError } from '../runtime/errors.ts'
import { createLog } from '../runtime/log.ts'
import type { Settings } from '../runtime/settings.ts'
import { findStore } from '../schema/client.ts'
import { kafkaSource, readFromKafka } from '../schema/kafka.ts'
import { migrate, readMigrations } from '../schema/migrate.ts'
import { createProgress } from './progress.ts'

/** Applies what is missing and prints what that was. */
export async function migrateCommand(settings: Settings, stdout: Writable): Promise<number> {
  const address = await findStore(settings)
  const migrations = await readMigrations()
  const work = { title: 'applying', unit: 'migrations', total: migrations.length }
  const progress = createProgress(process.stderr, work)
  const applied = await migrate(address, migrations, progress.at).finally(progress.end)
  stdout.write(
    applied.length === 0
      ? `database ${settings.clickhouseDatabase} is up to date\n`
      : `database ${settings.clickhouseDatabase}: applied ${applied.join(', ')}\n`,
  )
  const source = kafkaSource(settings)
  if (source !== undefined) {
    await createMissingTopics(settings)
    const made = await readFromKafka(address, source)
    const what = made.length === 0 ? 'as before' : `tables made for ${made.join(', ')}`
    stdout.write(
      `database ${settings.clickhouseDatabase} reads from Kafka at ${source.brokers.join(', ')}: ${what}\n`,
    )
  }
  return 0
}

/** ClickHouse does not notice for minutes when a topic comes after its table. */
async function createMissingTopics(settings: Settings): Promise<void> {
  const { createKafkaClient } = await import('../collector/sink/kafka-client.ts')
  const { createKafkaTopics } = await import('../collector/sink/kafka-topics.ts')
  const { explainKafkaError } = await import('../collector/sink/kafka-errors.ts')
  const options = kafkaSinkOptions(settings)
  const log = createLog('migrate', settings.logLevel)
  try {
    await createKafkaTopics(createKafkaClient(options.connection, log), options, log).createAll()
  } catch (error) {
    throw new UserError(explainKafkaError(error, options.topic, options.connection))
  }
}
