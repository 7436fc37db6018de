import { z } from 'zod'

/**
 * A whole number from `least` to `most`, both inclusive. Not `z.int()`: that one ends the validation of the object around it, and a
 * body's other problems would not be told.
 */
export function wholeNumber(field: string, least: number, most: number, unit: string) {
  const error = `${field} must be a whole number from ${least} to ${most} (${unit})`
  return z.number({ error }).min(least, { error }).max(most, { error }).multipleOf(1, { error })
}
