import Module from 'node:module'
import zlib from 'node:zlib'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { useCompression } from '../../../collector/sink/kafka-codecs.ts'
import { UserError } from '../../../runtime/errors.ts'

afterEach(() => vi.restoreAllMocks())

describe('a compression that this machine lacks', () => {
  test.each([
    ['lz4', 'lz4-napi'],
    ['snappy', 'snappy'],
  ] as const)('%s names its package', (compression, name) => {
    vi.spyOn(Module.prototype, 'require').mockImplementation(() => {
      throw new Error(`Cannot find module '${name}'\nRequire stack:\n- somewhere`)
    })
    expect(() => useCompression(compression)).toThrow(UserError)
    expect(() => useCompression(compression)).toThrow(
      `compression ${compression} needs the package ${name}, which is not installed or not for this machine (Cannot find module '${name}'): run \`npm install ${name}\`, or set NETMON_KAFKA_COMPRESSION to another`,
    )
  })

  test.skipIf('zstdCompress' in zlib)('zstd names the Node that has it', () => {
    expect(() => useCompression('zstd')).toThrow(
      `compression zstd needs Node 22.15 or newer, this is ${process.version}: set NETMON_KAFKA_COMPRESSION to another`,
    )
  })
})
