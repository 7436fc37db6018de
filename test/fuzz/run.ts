// `npm run fuzz`: a million damaged datagrams. What is found is told with the seed that repeats it.
//
// The decoding happens in a worker, since a thread that hangs cannot notice.

import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { fixtures, readCaptures } from './captures.ts'
import { Finding, fuzz, type Outcome } from './fuzz.ts'
import { rare } from './rare.ts'
import { createStream, type FuzzDatagram } from './stream.ts'

const boundMs = 20
const boundMb = 20
const lookEveryMs = 1_000
/** Not a time: a machine that is held up holds up who looks, too. */
const looksToHang = 15

interface Job {
  readonly folders: readonly string[]
  readonly seed: number
  readonly datagrams: number
  /** One number: the datagram that is being decoded. */
  readonly position: Int32Array
}

type Message =
  | { readonly outcome: Outcome }
  | { readonly problem: string; readonly datagram: number }

if (isMainThread) main()
else work(workerData as Job)

function main(): void {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      datagrams: { type: 'string', default: '1000000' },
    },
  })
  const captures = process.env['CAPTURES']
  const job: Job = {
    folders: captures === undefined ? [fixtures] : [captures, fixtures],
    seed: naturalNumber('--seed', values.seed),
    datagrams: naturalNumber('--datagrams', values.datagrams),
    position: new Int32Array(new SharedArrayBuffer(4)),
  }
  if (captures === undefined) console.log('CAPTURES is not set: only test/fixtures are damaged')
  console.log(
    `seed ${job.seed}, ${count(job.datagrams)} datagrams made of ${job.folders.join(', ')}`,
  )

  const startedMs = performance.now()
  const worker = new Worker(new URL(import.meta.url), { workerData: job })
  const stopWatching = watch(job, () => {
    void worker.terminate()
    tell(job, Atomics.load(job.position, 0), 'is decoded without end')
  })
  worker.on('error', (error) => {
    stopWatching()
    tell(job, Atomics.load(job.position, 0), `ended the worker: ${error.stack ?? error.message}`)
  })
  worker.on('message', (message: Message) => {
    stopWatching()
    if ('problem' in message) tell(job, message.datagram, message.problem)
    else report(message.outcome, (performance.now() - startedMs) / 1000)
  })
}

function work({ folders, seed, datagrams, position }: Job): void {
  const send = (message: Message) => parentPort?.postMessage(message)
  try {
    const captures = [...folders.flatMap(readCaptures), rare]
    const outcome = fuzz(() => createStream(captures, seed), {
      datagrams,
      boundMs,
      boundMb,
      begin: (datagram) => Atomics.store(position, 0, datagram),
      usedMb,
    })
    send({ outcome })
  } catch (error) {
    if (!(error instanceof Finding)) throw error
    send({ problem: error.message, datagram: error.datagram })
  }
}

function usedMb(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc')
  globalThis.gc()
  // `external` has what array buffers hold, too.
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 2 ** 20
}

/** Shows how far it is, on a terminal, and calls `hang` when it does not get further. Returns what stops this. */
function watch({ position, datagrams }: Job, hang: () => void): () => void {
  let last = 0
  let looksSinceMove = 0
  const timer = setInterval(() => {
    const now = Atomics.load(position, 0)
    looksSinceMove = now === last ? looksSinceMove + 1 : 0
    last = now
    if (process.stderr.isTTY) process.stderr.write(`\r${count(now)} of ${count(datagrams)} `)
    if (looksSinceMove < looksToHang) return
    clearInterval(timer)
    hang()
  }, lookEveryMs)
  return () => {
    clearInterval(timer)
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  }
}

function report(outcome: Outcome, seconds: number): void {
  console.log(`datagrams          ${count(outcome.datagrams)} in ${seconds.toFixed(0)} s`)
  console.log(`flows              ${count(outcome.flows)}`)
  console.log(`names              ${count(outcome.names)}`)
  console.log(`interface counters ${count(outcome.interfaceCounters)}`)
  console.log(
    `given up           ${count(outcome.templatesEvicted)} templates, ${count(outcome.exportersEvicted)} exporters, ` +
      `${count(outcome.setsEvicted)} parked sets, to stay within bounds`,
  )
  for (const [reason, datagrams] of Object.entries(outcome.reasons).sort(byCount)) {
    console.log(`  ${(reason || 'nothing wrong').padEnd(16)} ${count(datagrams)}`)
  }
  console.log('internal errors    0')
  console.log(
    `slowest datagram   ${outcome.slowestMs.toFixed(2)} ms (bound ${boundMs} ms): number ` +
      `${count(outcome.slowestDatagram)}; the shorter of its times in two decoders, since a pause of the machine hits one`,
  )
  console.log(
    `memory grown       ${outcome.grownMb.toFixed(1)} MB (bound ${boundMb} MB), from ` +
      `${outcome.warmMb.toFixed(1)} MB after a fifth of the datagrams; two decoders that may remember a hundredth of ` +
      'what a collector may, and have reached that',
  )
}

/** Repeats the stream up to the datagram that a finding is about, and tells all that is needed to look into it. */
function tell({ folders, seed }: Job, datagram: number, problem: string): void {
  const next = createStream([...folders.flatMap(readCaptures), rare], seed)
  let input: FuzzDatagram | undefined
  for (let i = 0; i < datagram; i++) input = next()
  console.error(`FAILED: datagram ${datagram} of seed ${seed} ${problem}`)
  if (input !== undefined) {
    const { source, payload } = input
    console.error(`from ${source.address} port ${source.port}, ${payload.length} bytes:`)
    console.error(Buffer.from(payload).toString('hex'))
  }
  console.error(`again: npm run fuzz -- --seed ${seed} --datagrams ${datagram}`)
  process.exitCode = 1
}

function naturalNumber(flag: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  console.error(`${flag} must be a whole number from 1, not ${JSON.stringify(text)}`)
  process.exit(2)
}

function byCount(a: [string, number], b: [string, number]): number {
  return b[1] - a[1]
}

function count(value: number): string {
  return value.toLocaleString('en')
}
