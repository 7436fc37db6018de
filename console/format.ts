// Numbers and times as people read them.

const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z'] as const
const wholeNumbers = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 })

/** With thousands separated: 1,234,567. */
export function formatWhole(value: number): string {
  return wholeNumbers.format(value)
}

/** Three significant digits at most and a decimal prefix: 12.3 M. With a unit: 12.3 Mbit/s. Not under a hundredth. */
export function formatAmount(value: number, unit = ''): string {
  const size = Math.abs(value)
  let power = 0
  // What rounds to 1000 is one of the next prefix.
  while (power < prefixes.length - 1 && size / 1000 ** power >= 999.5) power++
  const scaled = value / 1000 ** power
  const digits = Math.abs(scaled) >= 99.95 || power === 0 ? 0 : Math.abs(scaled) >= 9.995 ? 1 : 2
  const isSmall = power === 0 && size < 99.95 && !Number.isInteger(value)
  if (isSmall && size < 0.005) return `< 0.01${unit === '' ? '' : ` ${unit}`}`
  const text = scaled.toFixed(isSmall ? (size >= 9.995 ? 1 : 2) : digits)
  const suffix = `${prefixes[power]}${unit}`
  return suffix === '' ? text : `${text} ${suffix}`
}

/** 0.1234: 12.3 %. */
export function formatShare(share: number): string {
  const percent = share * 100
  if (percent > 0 && percent < 0.1) return '< 0.1 %'
  return `${percent.toFixed(percent >= 99.95 || percent === 0 ? 0 : 1)} %`
}

/** How long, in its largest unit: 45 s, 12 min, 3 h, 5 d. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 59.5) return `${Math.round(seconds)} s`
  if (seconds < 3570) return `${Math.round(seconds / 60)} min`
  if (seconds < 86_400) {
    const minutes = Math.round(seconds / 60)
    const rest = minutes % 60
    return rest === 0 || minutes >= 600
      ? `${Math.round(minutes / 60)} h`
      : `${Math.floor(minutes / 60)} h ${rest} min`
  }
  return `${Math.round(seconds / 8640) / 10} d`
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** In the browser's time zone: 14:05, with the day when that is not today. */
export function formatMoment(ms: number, nowMs = Date.now()): string {
  const isToday = new Date(ms).toDateString() === new Date(nowMs).toDateString()
  return (isToday ? clock : day).format(ms)
}

const second = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const daySecond = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})

/** To the second: 14:05:09, with the day when that is not today. */
export function formatSecond(ms: number, nowMs = Date.now()): string {
  const isToday = new Date(ms).toDateString() === new Date(nowMs).toDateString()
  return (isToday ? second : daySecond).format(ms)
}

/** To the second, with its day. */
export function formatExactly(ms: number): string {
  return exact.format(ms)
}

/**
 * What people type for a limit: `5000`, `1.5G`, `10 M`. Anything else is handed on as it is, so that the API says what is wrong with it; nothing at
 * all is null.
 */
export function readAmount(text: string): number | string | null {
  const trimmed = text.trim()
  if (trimmed === '') return null
  const match = /^(\d+(?:\.\d+)?)\s*([kKMGT])?$/.exec(trimmed)
  if (match === null) return trimmed
  const factor = { k: 1e3, K: 1e3, M: 1e6, G: 1e9, T: 1e12 }[match[2] ?? ''] ?? 1
  const value = Number(match[1]) * factor
  // 1.1G is 1,100,000,000 and not one that binary fractions come near.
  return factor === 1 ? value : Math.round(value)
}
