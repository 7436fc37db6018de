import type { ComponentChildren } from 'preact'

/** Lines to be entered elsewhere; long ones are scrolled, by keyboard too. */
export function Code({ children }: { children: ComponentChildren }) {
  // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls (WCAG 2.1.1)
  return <pre tabIndex={0}>{children}</pre>
}
