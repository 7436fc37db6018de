import { z } from 'zod'

// Control characters, line and paragraph separators, lone surrogates, and the characters that turn the direction of text:
// a name is printed in alerts, logs and mails, and must not be able to forge a part of them.
const printable = /^[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u

const expectation = 'name must be a text of 1 to 256 characters'

/** The name of a router or rule, as people give it; white space around it is dropped. */
export const nameSchema = z
  .string({ error: expectation })
  .trim()
  .min(1, { error: expectation })
  .max(256, { error: expectation })
  .regex(printable, {
    error: 'name must not hold control characters, or ones that change the direction of text',
  })
