// Of rules: how severe their alerts are, and when they are told again. What is null is as for rules that say nothing (rules/alerts/policy.ts).

import { z } from 'zod'
import { severities, usualRatios } from './severity.ts'
import { wholeNumber } from './whole-number.ts'

const mostRatio = 1_000
const mostRepeatMinutes = 7 * 1_440

function ratioSchema(field: string, least: number) {
  const error = `${field} must be a number from ${least} to ${mostRatio}, in times the limit`
  return z.number({ error }).min(least, { error }).max(mostRatio, { error }).nullish()
}

const severityError =
  'severity must be an object with least (warning, high or critical), high and critical (times the limit)'

const severityInputSchema = z
  .object(
    {
      least: z.enum(severities, { error: severityError }).nullish(),
      high: ratioSchema('severity.high', 1),
      critical: ratioSchema('severity.critical', 1),
    },
    { error: severityError },
  )
  .refine(
    ({ high, critical }) => (high ?? usualRatios.high) <= (critical ?? usualRatios.critical),
    {
      error: `severity.critical (${usualRatios.critical} when left out) must be no less than severity.high (${usualRatios.high} when left out)`,
    },
  )
  .nullish()
  .transform((given) =>
    given == null
      ? null
      : {
          least: given.least ?? null,
          high: given.high ?? null,
          critical: given.critical ?? null,
        },
  )

export const tellingInputFields = {
  severity: severityInputSchema,
  repeat_interval: wholeNumber('repeat_interval', 0, mostRepeatMinutes, 'minutes; 0 for never')
    .nullish()
    .transform((minutes) => minutes ?? null),
  escalation_factor: ratioSchema('escalation_factor', 1).transform((factor) => factor ?? null),
}

export const tellingFields = {
  /** An alert is `least` or severer; high from so many times the limit on (2), critical above so many (5). */
  severity: z
    .object({
      least: z.enum(severities).nullable(),
      high: z.number().nullable(),
      critical: z.number().nullable(),
    })
    .nullable()
    .default(null),
  /** Minutes after which an open alert that nobody acknowledged is told again (60); 0: never. */
  repeat_interval: z.number().nullable().default(null),
  /** An alert is told again when its peak is more than so many times what was told (2). */
  escalation_factor: z.number().nullable().default(null),
}
