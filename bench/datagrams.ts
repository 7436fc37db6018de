// The UDP datagrams of a capture file.

import { closeSync, openSync } from 'node:fs'
import type { Source } from '../collector/exporters/source.ts'
import { createSources } from '../collector/receive/sources.ts'
import { readPackets } from '../netmon/decode/capture.ts'
import { FileBytes } from '../netmon/decode/file-bytes.ts'
import { createReassembler } from '../netmon/decode/fragments.ts'
import { readFrame } from '../netmon/decode/frame.ts'
import { formatAddress } from '../runtime/ip.ts'

export function readDatagrams(file: string): { payload: Uint8Array; source: Source }[] {
  const datagrams: { payload: Uint8Array; source: Source }[] = []
  const reassembler = createReassembler()
  const sources = createSources()
  const descriptor = openSync(file, 'r')
  try {
    for (const { linkType, bytes } of readPackets(new FileBytes(descriptor))) {
      const datagram = readFrame(linkType, bytes, 0, reassembler)
      if (typeof datagram === 'string') continue
      const { sourceAddress, sourcePort, payload } = datagram
      const source = sources({ address: formatAddress(sourceAddress), port: sourcePort })
      datagrams.push({ payload: Uint8Array.from(payload), source })
    }
  } finally {
    closeSync(descriptor)
  }
  return datagrams
}
