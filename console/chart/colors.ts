// Colours of series: told apart by most eyes, in light and dark; a neighbour differs in lightness as well.

const palette = [
  '#2a9d8f',
  '#e9a23b',
  '#4f7cc4',
  '#d1605e',
  '#7ab55c',
  '#8a6fb8',
  '#5fb3d4',
  '#c77db5',
  '#a97c50',
  '#b5b83f',
  '#4a6a94',
  '#e38b6d',
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
