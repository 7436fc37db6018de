/** RFC 3339 in UTC of a minute that is named by its start, in seconds since 1970. */
export function minuteText(minute: number): string {
  return new Date(minute * 1000).toISOString().replace('.000Z', 'Z')
}

/** Milliseconds since 1970 as the store reads a DateTime64. */
export function secondsText(timeMs: number): string {
  return (timeMs / 1000).toFixed(3)
}
