import { formatAddress } from '../../runtime/ip.ts'
import { Address } from '../flow.ts'
import type { Message } from './message.ts'
import type { SourceMemo } from './source-memo.ts'

/** The sampler's address, as flows have it, in text; `memo` is of the message's source. */
export function samplerText({ sampler, hasAgent, address }: Message, memo: SourceMemo): string {
  if (!hasAgent) return address
  if (memo.agent?.equals(sampler) !== true) {
    memo.agent ??= new Address()
    memo.agent.copy(sampler)
    memo.agentText = formatAddress(sampler.bytes, sampler.length)
  }
  return memo.agentText
}
