import { expect, test } from 'vitest'
import { bodyOf, draftOf } from '../../console/rules/draft.ts'
import { type Rule, ruleInputSchema } from '../../rules/configuration/rule.ts'

const empty = draftOf(undefined)

test('an advanced_ddos rule says of vectors only what is not as usual, and is accepted', () => {
  const { vectors } = empty
  const draft = {
    ...empty,
    name: 'all',
    type: 'advanced_ddos' as const,
    prefixes: '203.0.113.0/24',
    // Of another type, and chosen before this one was.
    scope: 'per_host' as const,
    direction: 'both' as const,
    vectors: {
      ...vectors,
      udp_ntp: { ...vectors.udp_ntp, bandwidth_floor: '50M' },
      tcp_ack: { ...vectors.tcp_ack, enabled: false },
    },
  }
  const usual = { enabled: true, bandwidth_floor: null, packet_floor: null, flow_floor: null }
  expect(ruleInputSchema.parse(bodyOf(draft))).toMatchObject({
    scope: 'rule',
    direction: 'in',
    vectors: {
      udp_ntp: { ...usual, bandwidth_floor: 50_000_000 },
      tcp_ack: { ...usual, enabled: false },
    },
  })
  expect(bodyOf({ ...draft, vectors }).vectors).toBeNull()
})

test('a rule that is saved untouched stays as it is', () => {
  const input = ruleInputSchema.parse({
    name: 'hosts',
    type: 'threshold',
    prefixes: ['203.0.113.0/24', '2001:db8::/32'],
    packet_threshold: 20_000,
    scope: 'per_host',
    min_samples: 40,
    duration: 3,
  })
  const rule: Rule = { ...input, id: '1' }
  expect(ruleInputSchema.parse(bodyOf(draftOf(rule)))).toEqual(input)
})
