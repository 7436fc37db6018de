// Names of interfaces, applications, VRFs and samplers in options data.

import type { DecodeContext } from './context.ts'
import type { NameKind } from './learned-name.ts'

/** Hands on the names that an options record gives to numbers that flows have. One record may name several things. */
export function learnNames(context: DecodeContext): void {
  const { names, flow, sampling } = context.record
  const interfaceIndex = flow.inIf || flow.outIf
  if (interfaceIndex > 0) {
    const { interfaceName, interfaceDescription } = names
    learn(context, 'interface', String(interfaceIndex), interfaceName, interfaceDescription)
  }
  if (flow.applicationIdLength > 0) {
    const id = Buffer.from(flow.applicationId.buffer, 0, flow.applicationIdLength).toString('hex')
    learn(context, 'application', id, names.applicationName, names.applicationDescription)
  }
  if (names.vrfId !== undefined) learn(context, 'vrf', String(names.vrfId), names.vrfName, '')
  if (sampling.hasSamplerId || sampling.hasSelectorId) {
    const id = sampling.hasSamplerId ? sampling.samplerId : sampling.selectorId
    learn(context, 'sampler', String(id), names.samplerName, '')
  }
}

/** What has only a description is called by it: Cisco's IOS XR writes the names of interfaces there. */
function learn(
  { record, learnName }: DecodeContext,
  kind: NameKind,
  id: string,
  name: string,
  description: string,
): void {
  if (name === '' && description === '') return
  const { source, observationDomainId, receivedMs } = record.message
  const learned = {
    kind,
    exporter: source.address,
    observationDomainId,
    id,
    name: name || description,
    description: name === '' ? '' : description,
    receivedMs,
  }
  learnName(learned, source)
}
