// Decodes datagrams with node-netflowv9, for a parent that ends it when it takes too long.

import NetFlowV9 from 'node-netflowv9'

export interface Request {
  readonly datagrams: readonly {
    readonly address: string
    readonly port: number
    readonly hex: string
  }[]
}

export interface Reading {
  readonly header: Record<string, number>
  readonly flows: readonly Record<string, number | string | boolean>[]
}

/** What it read of each datagram; null where it threw, or read nothing. */
export type Answer = readonly (Reading | null)[]

process.on('message', ({ datagrams }: Request) => {
  const decoder = new NetFlowV9({})
  const answer = datagrams.map(({ address, port, hex }) => {
    try {
      return decoder.nfPktDecode(Buffer.from(hex, 'hex'), { address, port }) ?? null
    } catch {
      return null
    }
  })
  process.send?.(answer, () => process.disconnect())
})
process.send?.('ready')
