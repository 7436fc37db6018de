import { useEffect, useState } from 'preact/hooks'
import { formatDuration, formatExactly } from '../format.ts'

/** How long ago, kept up to date; the time itself as title. */
export function Ago({ time }: { time: string }) {
  const [nowMs, setNowMs] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  const ms = Date.parse(time)
  const ageMs = Math.max(0, nowMs - ms)
  return (
    <time dateTime={time} title={formatExactly(ms)}>
      {ageMs < 2000 ? 'now' : `${formatDuration(ageMs)} ago`}
    </time>
  )
}
