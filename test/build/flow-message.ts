// FlowMessages read by protobufjs from schema/flow.proto.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import protobuf from 'protobufjs'
import { packageRoot } from '../../runtime/package-root.ts'

const FlowMessage = protobuf
  .parse(readFileSync(path.join(packageRoot, 'schema', 'flow.proto'), 'utf8'))
  .root.lookupType('flowpb.FlowMessage')

/** The length-delimited messages, with their defaults. @throws for anything else. */
export function flowMessages(bytes: Uint8Array): Record<string, unknown>[] {
  const messages: Record<string, unknown>[] = []
  const reader = protobuf.Reader.create(bytes)
  while (reader.pos < reader.len) {
    messages.push(FlowMessage.toObject(FlowMessage.decodeDelimited(reader), { defaults: true }))
  }
  return messages
}

/** The sequence_num of each of the length-delimited messages. @throws for anything else. */
export function sequenceNumbers(bytes: Uint8Array): number[] {
  return flowMessages(bytes).map((flow) => flow['sequenceNum'] as number)
}
