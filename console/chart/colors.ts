// Colours of series: no two alike to eyes that lack one kind of cones either (test/console/colors.test.ts), and all seen on light and on dark.

export const palette = [
  '#259b86',
  '#eea243',
  '#766ccb',
  '#c24160',
  '#9db9fc',
  '#8a8220',
  '#c581c4',
  '#9a5432',
  '#c9bd72',
  '#834d83',
] as const

export const otherColor = '#94a09e'

export function colorOf(index: number): string {
  return palette[index % palette.length]!
}

/** What a custom property of the style sheets is now, as the canvas takes it. */
export function resolveColor(property: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${property})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
