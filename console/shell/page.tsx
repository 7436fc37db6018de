// The frame of every page: its heading, which the document's title repeats and which screen readers are led to, and what can be done there.

import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** False until the first page has been shown, which the browser itself announces. */
let hasArrived = false

export function Page(props: {
  title: string
  /** Shown instead of the title, for what is no plain text. */
  heading?: ComponentChildren
  /** A sentence below the heading. */
  lead?: ComponentChildren
  actions?: ComponentChildren
  children: ComponentChildren
}) {
  const { title, heading = title, lead, actions, children } = props
  const headingRef = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = title === 'Home' ? 'Network Monitoring' : `${title} · Network Monitoring`
  }, [title])
  useEffect(() => {
    if (hasArrived) headingRef.current?.focus({ preventScroll: true })
    hasArrived = true
  }, [])
  return (
    <div class="page">
      <div class="page-head">
        <div>
          <h1 ref={headingRef} tabIndex={-1}>
            {heading}
          </h1>
          {lead !== undefined && <p class="lead">{lead}</p>}
        </div>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </div>
      {children}
    </div>
  )
}
