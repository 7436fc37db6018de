// Sending a form: what the API finds wrong stands at the fields.

import { useState } from 'preact/hooks'
import type { Problem } from '../../rules/problem.ts'
import { failureOf } from '../ask.ts'
import { type Answer, request } from '../request.ts'

export interface Save<T> {
  problems: readonly Problem[]
  isWaiting: boolean
  /** Somebody else has changed the document since it was read. */
  isOutdated: boolean
  /** PATCH of the document with this tag, or POST of a new one; answers nothing when it was refused. */
  save(
    path: string,
    method: 'POST' | 'PATCH',
    body: unknown,
    ifMatch?: string | null,
  ): Promise<Answer<T> | undefined>
}

export function useSave<T>(): Save<T> {
  const [problems, setProblems] = useState<readonly Problem[]>([])
  const [isWaiting, setWaiting] = useState(false)
  const [isOutdated, setOutdated] = useState(false)
  return {
    problems,
    isWaiting,
    isOutdated,
    async save(path, method, body, ifMatch = null) {
      setWaiting(true)
      setProblems([])
      setOutdated(false)
      try {
        return await request<T>(path, { method, body, ifMatch })
      } catch (error) {
        const failure = failureOf(error)
        setProblems(failure.problems)
        setOutdated(failure.status === 412)
        return undefined
      } finally {
        setWaiting(false)
      }
    },
  }
}

/** Problems that no field of the form shows. */
export function otherProblems(problems: readonly Problem[], fields: readonly string[]): string[] {
  return problems
    .filter(({ source }) => !fields.includes(source.pointer.split('/')[1] ?? ''))
    .map(({ message }) => message)
}
