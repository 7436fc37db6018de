// netmon generate: plays routers, for trying things out, for tests and for benchmarks.

import { lookup } from 'node:dns/promises'
import { isIP, isIPv6 } from 'node:net'
import type { Writable } from 'node:stream'
import { messageOf, UserError } from '../../runtime/errors.ts'
import { createProgress } from '../progress.ts'
import { describeFlags, parseFlags } from './flags.ts'
import { defaults, type GenerateOptions } from './options.ts'
import { generate } from './run.ts'
import { formatJson, formatText } from './summary.ts'

/**
 * Runs `netmon generate ARGS` and prints on `stdout` what was sent; aborting `signal` ends the run and still prints it. Answers the
 * exit code: 0, or 1 when not all could be sent.
 * @throws UserError for flags and addresses that cannot be used.
 */
export async function generateCommand(
  args: string[],
  io: { stdout: Writable; stderr: Writable; signal: AbortSignal },
): Promise<number> {
  const { options, format, help } = parseFlags(args)
  if (help) {
    io.stdout.write(usage())
    return 0
  }
  if (options.flood !== undefined) {
    io.stderr.write('the flood begins with the next whole UTC minute\n')
  }
  const summary = await generate(await withAddress(options), io.signal, (total) =>
    createProgress(io.stderr, { title: 'sending', unit: 'flows', total }),
  )
  io.stdout.write(`${format === 'json' ? formatJson(summary) : formatText(summary)}\n`)
  return summary.failed.datagrams > 0 || summary.outcome === 'late' ? 1 : 0
}

function usage(): string {
  return `Usage: netmon generate [FLAGS]

Plays routers that export NetFlow v5, NetFlow v9, IPFIX and sFlow v5, each from an address of its own, and prints exactly what it
sent. The same seed gives the same flows; each carries its number (exporter/numbering.ts).

${describeFlags()}`
}

/** Looks the target's name up, in the family of the routers' addresses. */
async function withAddress(options: GenerateOptions): Promise<GenerateOptions> {
  const { target } = options
  if (target === undefined || isIP(target.host) !== 0) return options
  const family = isIPv6(options.source ?? defaults.source) ? 6 : 4
  try {
    const { address } = await lookup(target.host, { family })
    return { ...options, target: { host: address, port: target.port } }
  } catch (error) {
    throw new UserError(`--target ${target.host} has no IPv${family} address: ${messageOf(error)}`)
  }
}
