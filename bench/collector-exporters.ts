// What a datagram costs the whole collector, receiving included, as there are more exporters, each with an address and a socket of its own: over UDP, the senders on one core,
// the collectors on the other. Beside it nfcapd and sfcapd, which also keep something of each exporter.
//
//   ulimit -n 20000; node dist/bench/collector-exporters.js [--starts 3] [--rounds 2] [--seconds 2] [--rate 20000] [--only v9] [--subjects capd] [--counts 10,100,1000,10000]

import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Protocol } from '../netmon/generate/options.ts'
import { startNull } from './collector-ours.ts'
import { peers, type Subject, startPeer } from './collector-peers.ts'
import { median, type Sender, type Sending, sendTo, startSender } from './collector-run.ts'
import { writePlot } from './plot.ts'
import { round } from './processor.ts'
import { describeMachine, readResult, writeResult } from './report.ts'

const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '3' }, // of all processes: what one makes of its code differs from time to time
    rounds: { type: 'string', default: '2' }, // of each
    seconds: { type: 'string', default: '2' }, // of each round
    rate: { type: 'string', default: '20000' }, // datagrams a second
    only: { type: 'string', default: '' },
    subjects: { type: 'string', default: '' }, // whose names have it, beside ours
    counts: { type: 'string', default: '10,100,1000,10000' },
  },
})
const counts = values.counts.split(',').map(Number)
const protocols: readonly Protocol[] = ['v5', 'v9', 'ipfix', 'sflow']
const flowsPerDatagram: Readonly<Record<Protocol, number>> = { v5: 30, v9: 20, ipfix: 16, sflow: 5 }
/** Different ones, of all exporters together: as many for few as for many. */
const datagramsInAll = 20_000

interface Measured {
  readonly protocol: Protocol
  readonly subject: string
  readonly exporters: number
  /** Of processor, for a datagram that was received. */
  readonly microseconds: number
  /** How many times as much as with the fewest exporters. */
  readonly toFewest: number
  readonly lossPercent: number
  readonly load: number
}

console.log(`${describeMachine()}, load ${loadavg()[0]?.toFixed(1)}`)
const measured: Measured[] = []
for (const protocol of protocols) {
  if (!protocol.startsWith(values.only)) continue
  for (const [name, start] of subjectsOf(protocol))
    measured.push(...(await measure(protocol, name, start)))
}
keep(measured)

/** By name. */
function subjectsOf(protocol: Protocol): Map<string, () => Promise<Subject>> {
  const subjects = new Map<string, () => Promise<Subject>>([['netmon', startNull]])
  const peer = peers.find(
    ({ name, protocols }) => /capd/.test(name) && protocols.includes(protocol),
  )
  const program = peer?.program
  if (peer?.name.includes(values.subjects) && program !== undefined) {
    subjects.set(peer.name, () => startPeer(peer, program, protocol, undefined))
  }
  return subjects
}

interface Pair {
  readonly exporters: number
  readonly subject: Subject
  readonly sender: Sender
}

async function measure(
  protocol: Protocol,
  name: string,
  start: () => Promise<Subject>,
): Promise<Measured[]> {
  const sendings = new Map(counts.map((exporters): [number, Sending[]] => [exporters, []]))
  for (let i = 0; i < Number(values.starts); i++) {
    await measureOnce(protocol, start, (exporters, sending) =>
      sendings.get(exporters)?.push(sending),
    )
  }
  const fewest = sendings.get(counts[0] ?? 0) ?? []
  return [...sendings].map(([exporters, ofCount]) => {
    const result = {
      protocol,
      subject: name,
      exporters,
      microseconds: round(microseconds(ofCount)),
      toFewest: round(microseconds(ofCount) / microseconds(fewest)),
      lossPercent: round(100 * median(ofCount.map(({ lost }) => lost))),
      load: round(loadavg()[0] ?? 0),
    }
    console.log(JSON.stringify(result))
    return result
  })
}

/** They take turns, so that what else the machine does meets all of them; the first round does not count. */
async function measureOnce(
  protocol: Protocol,
  start: () => Promise<Subject>,
  take: (exporters: number, sending: Sending) => void,
): Promise<void> {
  const pairs: Pair[] = []
  const order = {
    flowsPerSecond: Number(values.rate) * flowsPerDatagram[protocol],
    seconds: Number(values.seconds),
  }
  try {
    for (const exporters of counts) pairs.push(await startPair(protocol, exporters, start))
    for (let i = 0; i <= Number(values.rounds); i++) {
      for (const { exporters, subject, sender } of pairs) {
        const sending = await sendTo(subject, sender, order)
        if (i > 0) take(exporters, sending)
      }
    }
  } finally {
    for (const { subject, sender } of pairs) {
      await sender.end()
      await subject.stop()
    }
  }
}

async function startPair(
  protocol: Protocol,
  exporters: number,
  start: () => Promise<Subject>,
): Promise<Pair> {
  const subject = await start()
  const sender = await startSender({
    traffic: {
      protocol,
      routers: exporters,
      flowsPerDatagram: flowsPerDatagram[protocol],
      ipv6Share: 0,
    },
    port: subject.port,
    // The first of each has its templates.
    datagramsOfEach: datagramsInAll / exporters + 1,
    templatesFirst: true,
  })
  return { exporters, subject, sender }
}

/** Of all rounds together: the clock of processor time ticks every 10 ms. */
function microseconds(sendings: readonly Sending[]): number {
  let cpuSeconds = 0
  let received = 0
  for (const { sent, lost, cpuSeconds: seconds } of sendings) {
    cpuSeconds += seconds
    received += sent.datagrams * (1 - lost)
  }
  return (1e6 * cpuSeconds) / received
}

/** In place of what is kept of the same protocols and subjects. */
function keep(results: readonly Measured[]): void {
  const earlier = (readResult('collector-exporters') as Measured[]).filter(
    (kept) =>
      !results.some(
        ({ protocol, subject }) => protocol === kept.protocol && subject === kept.subject,
      ),
  )
  const all = [...earlier, ...results].sort(
    (a, b) => protocols.indexOf(a.protocol) - protocols.indexOf(b.protocol),
  )
  writeResult('collector-exporters', all)
  const ours = all.filter(({ subject }) => subject === 'netmon')
  const series = protocols.map((name) => ({
    name,
    points: ours
      .filter(({ protocol }) => protocol === name)
      .map(({ exporters, microseconds }) => [exporters, microseconds] as const),
  }))
  writePlot('growth-exporters-udp', {
    title: 'A datagram received, by exporters',
    xName: 'exporters',
    yName: 'microseconds of processor',
    series: series.filter(({ points }) => points.length > 0),
  })
}
