import type { ComponentChildren } from 'preact'

/** Around a table: what is wider than the page is scrolled here, by keyboard too, also where nothing inside could be reached by it. */
export function TableBox({ look = '', children }: { look?: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls (WCAG 2.1.1)
    <div class={`table ${look}`} tabIndex={0}>
      {children}
    </div>
  )
}
