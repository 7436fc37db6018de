// What a rule would have seen in the last day, and when it would have been crossed, as it is typed at the moment.

import { useCallback, useEffect, useState } from 'preact/hooks'
import type { Rule } from '../../rules/configuration/rule.ts'
import type { Notice } from '../../rules/problem.ts'
import type { Preview } from '../../rules/questions/preview.ts'
import { failureOf } from '../ask.ts'
import { formatAmount, formatMoment, formatWhole } from '../format.ts'
import { Failure } from '../parts/asking.tsx'
import { Notes } from '../parts/notes.tsx'
import { type RequestFailed, request } from '../request.ts'
import { bodyOf, type RuleDraft } from './draft.ts'
import { PreviewChart } from './preview-chart.tsx'

interface Tried {
  preview: Preview
  notices: readonly Notice[]
  /** As it was tried. */
  type: Rule['type']
}

export function History({ rule, draft }: { rule: Rule | undefined; draft: RuleDraft }) {
  const [tried, setTried] = useState<Tried>()
  const [failure, setFailure] = useState<RequestFailed>()
  const [isWaiting, setWaiting] = useState(false)
  const attempt = useCallback(async (draft: RuleDraft) => {
    setWaiting(true)
    setFailure(undefined)
    try {
      const { result, messages } = await request<Preview>('/rules/preview', {
        method: 'POST',
        body: { ...bodyOf(draft), name: draft.name || 'preview' },
      })
      // How Cloudflare's durations are is told when the rule is saved.
      const notices = messages.filter(({ code }) => code !== 2202)
      setTried({ preview: result, notices, type: draft.type })
    } catch (error) {
      setTried(undefined)
      setFailure(failureOf(error))
    } finally {
      setWaiting(false)
    }
  }, [])
  // What is stored can be tried at once; what is still being typed when its author says so.
  useEffect(() => {
    if (rule !== undefined) void attempt(draft)
  }, [rule])
  return (
    <section class="card">
      <div class="section-head">
        <h2>The last 24 hours</h2>
        <button type="button" disabled={isWaiting} onClick={() => void attempt(draft)}>
          {isWaiting ? 'Working …' : 'Preview'}
        </button>
      </div>
      {failure !== undefined && <Failure failure={failure} />}
      {tried !== undefined ? (
        <>
          <Crossed preview={tried.preview} notices={tried.notices} />
          <PreviewChart preview={tried.preview} type={tried.type} draft={draft} />
        </>
      ) : (
        failure === undefined && (
          <p class="hint">
            Preview shows what the rule, as it is typed, would have seen and when it would have been
            crossed.
          </p>
        )
      )}
    </section>
  )
}

function Crossed({ preview, notices }: { preview: Preview; notices: readonly Notice[] }) {
  const { intervals } = preview
  const unknown = preview.unknown_minutes + preview.not_counted_minutes
  return (
    <div role="status">
      <p>
        {intervals.length === 0 ? (
          'It would not have been crossed.'
        ) : (
          <b>
            It would have been crossed{' '}
            {intervals.length === 1 ? 'once' : `${intervals.length} times`}.
          </b>
        )}{' '}
        {unknown > 0 && (
          <span class="muted">
            Nothing is known of {formatWhole(unknown)} of {formatWhole(preview.minutes)} minutes.
          </span>
        )}
      </p>
      {notices.length > 0 && <Notes texts={notices.map(({ message }) => message)} />}
      {intervals.length > 0 && (
        <ol class="intervals">
          {intervals.slice(0, 8).map((interval) => (
            <li
              key={`${interval.first} ${interval.prefix} ${interval.direction} ${interval.vector}`}
            >
              {formatMoment(Date.parse(interval.since))} to{' '}
              {formatMoment(Date.parse(interval.last) + 60_000)}, {interval.direction}
              {interval.vector !== null && `, ${interval.vector}`}
              {interval.prefix !== null && `, ${interval.prefix}`}: up to{' '}
              {formatAmount(interval.peak_bps, 'bit/s')}, {formatAmount(interval.peak_pps, 'p/s')}
            </li>
          ))}
          {intervals.length > 8 && <li>and {intervals.length - 8} more</li>}
        </ol>
      )}
    </div>
  )
}
