// Sending a form: what the API finds wrong stands at the fields.

import { useState } from 'preact/hooks'
import type { Problem } from '../../rules/problem.ts'
import { failureOf } from '../ask.ts'
import { type Answer, request } from '../request.ts'

export interface Save<T> {
  problems: readonly Problem[]
  isWaiting: boolean
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
  return {
    problems,
    isWaiting,
    async save(path, method, body, ifMatch = null) {
      setWaiting(true)
      setProblems([])
      try {
        return await request<T>(path, { method, body, ifMatch })
      } catch (error) {
        setProblems(failureOf(error).problems)
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
