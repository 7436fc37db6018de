/** How an exporter or a collector is: a word with a coloured dot, never the colour alone. */
const states = {
  active: ['good', 'active'],
  live: ['good', 'live'],
  silent: ['bad', 'silent'],
  unknown: ['faint', 'unknown'],
  not_heard: ['faint', 'not heard'],
} as const

export function StateMark({ state }: { state: keyof typeof states }) {
  const [look, word] = states[state]
  return <span class={`state ${look}`}>{word}</span>
}
