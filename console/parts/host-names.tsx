// What hosts are called in DNS: asked for when somebody presses the button, since each question tells a resolver who is being looked at.

import { useState } from 'preact/hooks'
import { failureOf } from '../ask.ts'
import { type RequestFailed, request } from '../request.ts'
import { Failure } from './asking.tsx'

interface Host {
  address: string
  name: string | null
  state: 'found' | 'none' | 'failed'
}

/** As many as the API takes at once. */
const mostAtOnce = 50

export type HostNames = ReadonlyMap<string, string>

/** The names that are known, and the button that asks for those of `addresses`. */
export function useHostNames(addresses: readonly string[]) {
  const [names, setNames] = useState<HostNames>(new Map())
  const [isWaiting, setWaiting] = useState(false)
  const [failure, setFailure] = useState<RequestFailed>()
  const [said, setSaid] = useState('')
  const ask = async () => {
    setWaiting(true)
    setFailure(undefined)
    const question = new URLSearchParams({ addresses: addresses.slice(0, mostAtOnce).join(',') })
    try {
      const { result } = await request<Host[]>(`/names/hosts?${question}`)
      const found = result.flatMap(({ address, name }) =>
        name === null ? [] : [[address, name] as const],
      )
      setNames((before) => new Map([...before, ...found]))
      const failed = result.filter(({ state }) => state === 'failed').length
      setSaid(
        `${found.length} of ${result.length} have a name${failed > 0 ? `, ${failed} gave no answer` : ''}`,
      )
    } catch (error) {
      setFailure(failureOf(error))
    } finally {
      setWaiting(false)
    }
  }
  const button = addresses.length > 0 && (
    <div class="actions">
      <button
        type="button"
        class="small"
        disabled={isWaiting}
        title="Asks DNS for the name of each address shown"
        onClick={() => void ask()}
      >
        {isWaiting ? 'Looking up …' : 'Look up host names'}
      </button>
      <span class="muted" role="status">
        {said}
      </span>
      {failure !== undefined && <Failure failure={failure} />}
    </div>
  )
  return { names, button }
}
