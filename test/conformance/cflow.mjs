// NetFlow v5, v9 and IPFIX: from the datagrams that tshark shows to the flows that `netmon decode` prints.

import { fieldsOf } from './cflow-fields.mjs'
import { flowsOf } from './cflow-flow.mjs'
import { learn } from './cflow-options.mjs'
import { find, integerOf, nanosecondsOf } from './pdml.mjs'

/** The flows and names of one datagram. `datagram`: its tree; `address`: who sent it. */
export function readCflow(datagram, address, exporters) {
  const message = headerOf(datagram, address)
  const flows = []
  const names = []
  if (message.version === 5) {
    for (const pdu of datagram.children.filter(({ show }) => show?.startsWith('pdu '))) {
      flows.push(...flowsOf(pdu, message, exporters))
    }
    return { flows, names }
  }
  const sets = datagram.children.filter(({ show }) => /^(Flow)?Set \d/.test(show ?? ''))
  // Options count for all data of their datagram, wherever they stand in it.
  for (const pass of ['options', 'data']) {
    for (const set of sets) {
      noteTemplates(set, message, exporters)
      const id = find(set, 'cflow.flowset_id').show
      const isOptions = exporters.optionsTemplates.has(`${message.session} ${id}`)
      if (isOptions !== (pass === 'options')) continue
      for (const record of set.children.filter(({ show }) => /^Flow \d+$/.test(show ?? ''))) {
        if (isOptions) names.push(...learn(fieldsOf(record), message, exporters))
        else flows.push(...flowsOf(record, message, exporters))
      }
    }
  }
  return { flows, names }
}

function headerOf(datagram, address) {
  const number = (name) => find(datagram, name) && Number(integerOf(find(datagram, name)))
  const version = number('cflow.version')
  const domain = number('cflow.source_id') ?? number('cflow.od_id') ?? 0
  return {
    version,
    address,
    domain,
    session: `${address} ${domain}`,
    sequence: number('cflow.sequence'),
    exportTime: nanosecondsOf(find(datagram, 'cflow.timestamp').show),
    uptimeMs: number('cflow.sysuptime'),
    rate: number('cflow.samplerate'),
  }
}

/** The template id of an options template is not one of data, and the other way round. */
function noteTemplates(set, { session }, { optionsTemplates }) {
  for (const template of set.children) {
    const [, kind, id] = template.show?.match(/^(Options )?Template \(Id = (\d+)/) ?? []
    if (id === undefined) continue
    if (kind === undefined) optionsTemplates.delete(`${session} ${id}`)
    else optionsTemplates.add(`${session} ${id}`)
  }
}
