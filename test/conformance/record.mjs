// Records what tshark and nfdump read in captures of real exporters, as the flows that `netmon decode` has to print.
// Usage: node test/conformance/record.mjs CAPTURE_DIR [NAME ...]      See README.md for what has to be installed.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { readCflow } from './cflow.mjs'
import { Exporters } from './cflow-options.mjs'
import { setFields, toolVersion, write } from './expected-files.mjs'
import { secondReading } from './nfdump.mjs'
import { find } from './pdml.mjs'
import { readSflow } from './sflow.mjs'
import { dissect } from './tshark.mjs'

const [directory, ...wanted] = process.argv.slice(2)
if (directory === undefined) {
  console.error('usage: node test/conformance/record.mjs CAPTURE_DIR [NAME ...]')
  process.exit(2)
}

const all = readdirSync(directory).filter((file) => file.endsWith('.pcap'))
const names = all.map((file) => basename(file, '.pcap')).sort()
for (const name of wanted.length > 0 ? wanted : names) await record(name)

async function record(name) {
  const packets = dissect(join(directory, `${name}.pcap`))
  const exporters = new Exporters()
  const flows = []
  const learned = []
  for (const packet of packets) {
    const sender = (find(packet, 'ip.src') ?? find(packet, 'ipv6.src')).show
    const protocol = packet.children.find(({ name }) => name === 'cflow' || name === 'sflow')
    const read =
      protocol.name === 'sflow'
        ? { flows: readSflow(protocol), names: [] }
        : readCflow(protocol, sender, exporters)
    learned.push(...read.names)
    for (const flow of read.flows) {
      flows.push({
        ...flow,
        udp_source: flow.sampler_address === sender ? undefined : sender,
        time_received_ns: find(packet, 'frame.time_epoch').show.replace('.', ''),
      })
    }
  }
  write(`${name}.tshark`, [
    { reader: toolVersion('tshark'), datagrams: packets.length },
    ...learned.map((name) => ({ name })),
    ...flows.map((flow) => ({ flow: setFields(flow) })),
  ])
  const second = await nfdumpReading(name, packets, flows)
  console.log(
    `${name}: ${packets.length} datagrams, ${flows.length} flows, ${learned.length} names; nfdump: ${second}`,
  )
}

/** nfdump has no reader of sFlow here. */
async function nfdumpReading(name, packets, flows) {
  if (flows[0].type === 'SFLOW_5') return 'not asked'
  const datagrams = packets.map((packet) => Buffer.from(find(packet, 'udp.payload').value, 'hex'))
  const work = mkdtempSync(join(tmpdir(), 'conformance-'))
  try {
    const reading = await secondReading(name, datagrams, flows, work)
    if (reading === undefined) return 'reads nothing'
    write(`${name}.nfdump`, [
      { reader: toolVersion('nfdump'), differs: reading.differs },
      ...reading.flows.map((flow) => ({ flow: setFields(flow) })),
    ])
    return `differs in ${Object.keys(reading.differs).join(', ') || 'nothing'}`
  } finally {
    rmSync(work, { recursive: true })
  }
}
