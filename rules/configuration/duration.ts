// How long a limit must be exceeded: whole minutes, or Go's notation, which Cloudflare's API uses ("5m", "1h0m0s").

export const longestDurationMinutes = 60

/** The durations that Cloudflare's API knows, in minutes. */
export const cloudflareDurations: readonly number[] = [1, 5, 10, 15, 20, 30, 45, 60]

/** Whole minutes from 1 to 60, or undefined. */
export function parseDuration(value: number | string): number | undefined {
  const minutes = typeof value === 'number' ? value : parseGoDuration(value)
  return minutes !== undefined &&
    Number.isInteger(minutes) &&
    minutes >= 1 &&
    minutes <= longestDurationMinutes
    ? minutes
    : undefined
}

function parseGoDuration(text: string): number | undefined {
  const match = /^(?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,4})s)?$/.exec(text)
  if (match === null || text === '') return undefined
  const [, hours = '0', minutes = '0', seconds = '0'] = match
  return Number(hours) * 60 + Number(minutes) + Number(seconds) / 60
}
