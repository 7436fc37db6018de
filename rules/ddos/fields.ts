// What an advanced_ddos rule may say of itself: how sensitive it is, and floors of its own.

import { z } from 'zod'
import { wholeNumber } from '../configuration/whole-number.ts'
import { listSome } from '../problem.ts'
import { type VectorSetting, vectors } from './vectors.ts'

export const sensitivities = ['low', 'medium', 'high'] as const

const known: ReadonlySet<string> = new Set(vectors)

function floorSchema(field: string, unit: string) {
  return wholeNumber(field, 1, Number.MAX_SAFE_INTEGER, unit)
    .nullish()
    .transform((floor) => floor ?? null)
}

const settingSchema = z.object(
  {
    enabled: z
      .boolean({ error: 'enabled must be true or false' })
      .nullish()
      .transform((enabled) => enabled ?? true),
    bandwidth_floor: floorSchema('bandwidth_floor', 'bit/s'),
    packet_floor: floorSchema('packet_floor', 'packets/s'),
    flow_floor: floorSchema('flow_floor', 'flows/s'),
  },
  { error: 'a vector must be an object' },
)

/** Settings by vector, as they are sent. */
export const vectorsInputSchema = z
  .record(z.string(), settingSchema, { error: 'vectors must be an object' })
  .superRefine((settings, context) => {
    for (const vector of Object.keys(settings).filter((name) => !known.has(name))) {
      const message = `${listSome([vector])} is not a vector: they are ${vectors.join(', ')}`
      context.addIssue({ code: 'custom', input: vector, path: [vector], message })
    }
  })
  .nullish()
  .transform((settings): Record<string, VectorSetting> | null => settings ?? null)

/** As they are stored. */
export const vectorsSchema = z.record(
  z.string(),
  z.object({
    enabled: z.boolean(),
    bandwidth_floor: z.number().nullable(),
    packet_floor: z.number().nullable(),
    flow_floor: z.number().nullable(),
  }),
)
