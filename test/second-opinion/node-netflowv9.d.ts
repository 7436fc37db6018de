// What the tests use of node-netflowv9: its decoder without its socket.

declare module 'node-netflowv9' {
  class NetFlowV9 {
    constructor(options: object)
    /** Undefined when the version is none of its own. Loops for ever on some datagrams. */
    nfPktDecode(datagram: Buffer, sender: { address: string; port: number }): Decoded | undefined
  }

  interface Decoded {
    header: Record<string, number>
    /** Records, those of options data included; fields by names of its own, numbers or text. */
    flows: Record<string, number | string | boolean>[]
  }

  export = NetFlowV9
}
