import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { defaultGateway, watchForGateway } from '../../collector/receive/gateway.ts'
import { temporaryDirectory } from '../build/temporary.ts'

const minute = 60_000

function watch(gateway: string | undefined) {
  const lines: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
  const look = watchForGateway(gateway, log)
  return {
    lines,
    look: (sources: string[], nowMs: number, agents = sources) =>
      look(
        sources.map((address, index) => ({
          source: { address },
          address: agents[index] ?? address,
          firstSeenMs: 0,
        })),
        nowMs,
      ),
  }
}

test('when a minute long everything came from the private gateway, that is told once', () => {
  const { look, lines } = watch('172.17.0.1')
  look([], minute)
  look(['172.17.0.1'], minute - 1)
  expect(lines).toEqual([])
  look(['172.17.0.1'], minute)
  look(['172.17.0.1'], 2 * minute)
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ address: '172.17.0.1' })
  expect(lines[0]).toContain('docs/compose.md')
})

test.each([
  ['another exporter was heard', '172.17.0.1', ['172.17.0.1', '192.0.2.7'], undefined],
  ['it is some other address', '172.17.0.1', ['192.168.1.1'], undefined],
  ['the gateway is a public router', '203.0.113.1', ['203.0.113.1'], undefined],
  ['an sFlow agent tells its own', '172.17.0.1', ['172.17.0.1'], ['192.0.2.7']],
  ['no gateway is known', undefined, ['172.17.0.1'], undefined],
])('nothing is told when %s', (_, gateway, sources, agents) => {
  const { look, lines } = watch(gateway)
  look(sources, 10 * minute, agents)
  expect(lines).toEqual([])
})

test('the gateway is read from the default route, last byte first', () => {
  const file = path.join(temporaryDirectory(), 'route')
  writeFileSync(
    file,
    'Iface\tDestination\tGateway \tFlags\n' +
      'eth0\t000011AC\t00000000\t0001\n' +
      'eth0\t00000000\t010011AC\t0003\n',
  )
  expect(defaultGateway(file)).toBe('172.17.0.1')
  expect(defaultGateway('/nowhere')).toBeUndefined()
})
