// How far the store has read what collectors wrote to Kafka.

import type { KafkaReaders } from '../../api/kafka-readers.ts'
import { formatDuration, formatWhole } from '../format.ts'
import { Ago } from '../parts/ago.tsx'
import { Figure } from '../parts/figure.tsx'
import { TableBox } from '../parts/table-box.tsx'
import { Text } from '../parts/text.tsx'

export function KafkaFigures({ kafka }: { kafka: KafkaReaders }) {
  const { lag_ms, lag_messages, dead_letters } = kafka
  return (
    <>
      <Figure
        name="Kafka lag"
        value={lag_ms === null ? 'not known' : formatDuration(lag_ms)}
        note={lag_messages === null ? undefined : `${formatWhole(lag_messages)} messages`}
      />
      <Figure
        name="Dead letters, 24 h"
        value={formatWhole(dead_letters)}
        isBad={dead_letters > 0}
      />
    </>
  )
}

export function KafkaTable({ readers }: { readers: NonNullable<KafkaReaders['readers']> }) {
  if (readers.length === 0) return null
  const moment = (time: string | null) => (time === null ? 'never' : <Ago time={time} />)
  return (
    <section>
      <h2>Readers of Kafka</h2>
      <TableBox>
        <table>
          <caption class="hidden">Partitions that the store reads</caption>
          <thead>
            <tr>
              <th scope="col">Topic</th>
              <th scope="col" class="number">
                Partition
              </th>
              <th scope="col" class="number">
                Offset
              </th>
              <th scope="col">Last poll</th>
              <th scope="col">Last commit</th>
              <th scope="col">Newest error</th>
            </tr>
          </thead>
          <tbody>
            {readers.map(({ topic, partition, offset, last_poll, last_commit, error }) => (
              <tr key={`${topic} ${partition}`}>
                <th scope="row">
                  <Text value={topic} mono />
                </th>
                <td class="number">{partition}</td>
                <td class="number">{offset === null ? '–' : formatWhole(offset)}</td>
                <td>{moment(last_poll)}</td>
                <td>{moment(last_commit)}</td>
                <td>
                  {error === null ? (
                    'none'
                  ) : (
                    <>
                      <Ago time={error.at} /> <Text value={error.text} />
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </section>
  )
}
