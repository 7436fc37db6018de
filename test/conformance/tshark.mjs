// Runs tshark.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { readPdml } from './pdml.mjs'

/** Information element 210. */
const paddingOctets = '00d2'
/** Fields of templates that tshark cannot read in data, each with its element and length. */
const unreadable = {
  // 43 in 2 bytes: tshark wants an IPv4 address of 4.
  'nfv9-h3c': ['002b0002'],
}

/**
 * The packets of a capture. Two passes, no names for numbers, times in UTC; ports that tshark does not know are NetFlow's.
 * It gives up on a record when an element has not the length that it knows: such elements are written over with
 * paddingOctets in the copy that it reads.
 */
export function dissect(path) {
  const name = basename(path, '.pcap')
  const work = mkdtempSync(join(tmpdir(), 'conformance-'))
  try {
    const capture = join(work, `${name}.pcap`)
    writeFileSync(capture, withoutUnreadable(path, name))
    const ports = [9991, 9992].flatMap((port) => ['-d', `udp.port==${port},cflow`])
    const options = ['-2', '-n', '-r', capture, ...ports, '-T', 'pdml']
    const output = execFileSync('tshark', options, {
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, TZ: 'UTC' },
    })
    return readPdml(output.toString())
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** The capture with template fields (element, length) replaced, in hex. */
function withoutUnreadable(path, name) {
  const hex = readFileSync(path).toString('hex')
  const replaced = (unreadable[name] ?? []).reduce((text, field) => {
    if (text.split(field).length !== 2) throw new Error(`${name} has not one ${field}`)
    return text.replace(field, paddingOctets + field.slice(4))
  }, hex)
  return Buffer.from(replaced, 'hex')
}
