// FlowMessages read by protobufjs from schema/flow.proto.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import protobuf from 'protobufjs'
import { packageRoot } from '../../runtime/package-root.ts'

const FlowMessage = protobuf
  .parse(readFileSync(path.join(packageRoot, 'schema', 'flow.proto'), 'utf8'))
  .root.lookupType('flowpb.FlowMessage')

/** The sequence_num of each of the length-delimited messages. @throws for anything else. */
export function sequenceNumbers(bytes: Buffer): number[] {
  const numbers: number[] = []
  const reader = protobuf.Reader.create(bytes)
  while (reader.pos < reader.len) {
    const flow = FlowMessage.toObject(FlowMessage.decodeDelimited(reader), { defaults: true })
    numbers.push(flow['sequenceNum'] as number)
  }
  return numbers
}
