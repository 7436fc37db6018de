// Sends a notification that says it is a test, and shows what was answered.

import { useState } from 'preact/hooks'
import { failureOf } from '../ask.ts'
import { formatWhole } from '../format.ts'
import { Failure } from '../parts/asking.tsx'
import { Text } from '../parts/text.tsx'
import { type RequestFailed, request } from '../request.ts'

interface Tested {
  delivered: boolean
  /** What was answered, or why nobody was reached. */
  detail: string
  ms: number
}

export function TestButton({ id, onTested }: { id: string; onTested?: () => void }) {
  const [tested, setTested] = useState<Tested>()
  const [failure, setFailure] = useState<RequestFailed>()
  const [isWaiting, setWaiting] = useState(false)
  const test = async () => {
    setWaiting(true)
    setTested(undefined)
    setFailure(undefined)
    try {
      const path = `/channels/${encodeURIComponent(id)}/test`
      setTested((await request<Tested>(path, { method: 'POST' })).result)
      onTested?.()
    } catch (error) {
      setFailure(failureOf(error))
    } finally {
      setWaiting(false)
    }
  }
  return (
    <div class="tested">
      <button type="button" disabled={isWaiting} onClick={() => void test()}>
        {isWaiting ? 'Testing …' : 'Test'}
      </button>
      <div role="status">
        {tested !== undefined && (
          <>
            <span class={`state ${tested.delivered ? 'good' : 'bad'}`}>
              {tested.delivered ? 'taken' : 'not taken'}
            </span>{' '}
            <Text value={tested.detail} />{' '}
            <span class="muted">after {formatWhole(tested.ms)} ms</span>
          </>
        )}
      </div>
      {failure !== undefined && <Failure failure={failure} />}
    </div>
  )
}
