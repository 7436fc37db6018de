import { createRequire } from 'node:module'
import { jsCRC32C } from '@platformatic/kafka'
import type { Checksum } from './kafka-record-batch.ts'

/** CRC-32C by the processor's own instruction where the package is installed, which is thirteen times as fast; else in JavaScript. */
export const crc32c: Checksum = loadNative() ?? ((chunks) => jsCRC32C(Buffer.concat(chunks)))

function loadNative(): Checksum | undefined {
  try {
    const require = createRequire(import.meta.url)
    const { crc32c: add } = require('@node-rs/crc32') as typeof import('@node-rs/crc32')
    return (chunks) => chunks.reduce((sum, chunk) => add(chunk, sum), 0)
  } catch {
    return undefined
  }
}
