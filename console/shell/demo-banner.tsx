import { useAsk } from '../ask.ts'
import type { Health } from '../health.ts'

/** So that nobody takes what is played for a network of theirs. */
export function DemoBanner() {
  const { answer } = useAsk<Health>('/health')
  if (answer?.result.demo !== true) return null
  return (
    <p class="demo">
      <b>Demo.</b> These routers, their traffic and the attacks on it are played; nothing of it is
      real.
    </p>
  )
}
