// Writes expectations: JSON lines, each name and each flow one, so that changes are seen line by line.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** `name`: capture and tool. */
export function write(name, lines) {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  writeFileSync(join(import.meta.dirname, 'expected', `${name}.jsonl`), text)
}

/** These are shown even when zero. */
const alwaysShown = ['bytes', 'packets', 'proto', 'src_port', 'dst_port', 'tcp_flags']

/** Only what is set, and the zeros that mean something. */
export function setFields(flow) {
  return Object.fromEntries(
    Object.entries(flow).filter(
      ([name, value]) =>
        alwaysShown.includes(name) ||
        (![undefined, 0, ''].includes(value) && !(Array.isArray(value) && value.length === 0)),
    ),
  )
}

/** "TShark (Wireshark) 4.0.17 (Git v4.0.17 packaged as ...)" */
export function toolVersion(tool) {
  const option = tool === 'tshark' ? '--version' : '-V'
  const output = execFileSync(tool, [option], { stdio: ['ignore', 'pipe', 'ignore'] })
  return `${tool} ${output.toString().match(/\d+\.\d+\.\d+/)[0]}`
}
