// What exporters tell in options data: sampling rates, when they started, names.

import { first, firstNumber } from './cflow-fields.mjs'
import { integerOf, nanosecondsOf } from './pdml.mjs'

/** What is learned from one datagram for the later ones: rates, start of the exporter, which templates are of options. */
export class Exporters {
  optionsTemplates = new Set()
  /** Each rate with its exporter, observation domain and sampler id; "" is every sampler. */
  rates = new Map()
  initTimes = new Map()
}

/** 1 in N, in the record, of its sampler, or of all of the exporter; undefined when none is announced. */
export function rateOf(fields, message, exporters) {
  if (message.version === 5) return message.rate ? BigInt(message.rate) : undefined
  const inRecord = announcedRate(fields)
  if (inRecord !== undefined) return inRecord
  const sampler = first(fields, ['cflow.sampler_id', 'cflow.selector_id'])
  const ofSampler = sampler && exporters.rates.get(`${message.session} ${integerOf(sampler)}`)
  return ofSampler ?? exporters.rates.get(`${message.session} `)
}

function announcedRate(fields) {
  const value = (name) => integerOf(first(fields, [name]) ?? { value: '' })
  const has = (name) => fields.some((field) => field.name === name)
  const interval = value('cflow.sampling_packet_interval')
  if (interval !== 0n && has('cflow.sampling_packet_space')) {
    return (interval + value('cflow.sampling_packet_space')) / interval
  }
  const size = value('cflow.sampling_size')
  if (size !== 0n && has('cflow.sampling_population')) {
    return value('cflow.sampling_population') / size
  }
  return (
    [value('cflow.sampler_random_interval'), value('cflow.sampling_interval'), interval].find(
      (rate) => rate !== 0n,
    ) ?? undefined
  )
}

/** Notes rates and the start of the exporter; returns names. */
export function learn(fields, message, exporters) {
  const init = fields.find(({ name }) => name === 'cflow.sys_init_time')
  if (init !== undefined) exporters.initTimes.set(message.session, nanosecondsOf(init.show))
  const sampler = first(fields, ['cflow.sampler_id', 'cflow.selector_id'])
  const samplerId = sampler === undefined ? '' : String(integerOf(sampler))
  const rate = announcedRate(fields)
  if (rate !== undefined) exporters.rates.set(`${message.session} ${samplerId}`, rate)
  return namesOf(fields, samplerId, message)
}

function namesOf(fields, samplerId, message) {
  const text = (name) => {
    const field = fields.find((one) => one.name === name)
    // Of a fixed length, and filled up with NULs or blanks.
    return field && Buffer.from(field.value, 'hex').toString().replace(/\0.*$/s, '').trimEnd()
  }
  const number = (name) => String(firstNumber(fields, [name]))
  const applicationId = fields
    .filter(({ name }) => name.startsWith('cflow.appl_id.'))
    .map(({ value }) => value)
    .join('')
  const vrfs = [...new Set([number('cflow.ingress_vrfid'), number('cflow.egress_vrfid')])]
  return [
    ['interface', number('cflow.inputint'), text('cflow.if_name'), text('cflow.if_descr')],
    ['application', applicationId, text('cflow.appl_name'), text('cflow.appl_desc')],
    ...vrfs.map((id) => ['vrf', id, text('cflow.vrfname'), undefined]),
    ['sampler', samplerId, text('cflow.sampler_name') ?? text('cflow.selector_name'), undefined],
  ]
    .filter(([, , name, description]) => name !== undefined || description !== undefined)
    .map(([kind, id, name, description]) => ({
      kind,
      exporter: message.address,
      observationDomainId: message.domain,
      id,
      // An interface with nothing but a description is called that.
      name: name ?? description,
      description: name === undefined ? '' : (description ?? ''),
    }))
}
