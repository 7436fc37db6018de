// The captures that damaged datagrams are made of.

import { readdirSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../runtime/package-root.ts'
import { type CapturedDatagram, readCapture } from '../build/pcap.ts'

export const fixtures = path.join(packageRoot, 'test', 'fixtures')

/** The datagrams of each .pcap file in `folder`, the files by name. */
export function readCaptures(folder: string): CapturedDatagram[][] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.pcap'))
    .sort()
    .map((name) => readCapture(path.join(folder, name)))
    .filter((datagrams) => datagrams.length > 0)
}
