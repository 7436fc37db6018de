import { describe, expect, test } from 'vitest'
import {
  countedPrefixes,
  ruleCodes,
  ruleInputSchema,
  ruleNotices,
} from '../../../rules/configuration/rule.ts'
import { problemsOf } from '../../../rules/problem.ts'

const threshold = {
  name: 'Production Network - High Bandwidth',
  prefixes: ['10.0.0.0/8'],
  type: 'threshold',
  bandwidth_threshold: 1_000_000_000,
  duration: 5,
}
const zscore = {
  name: 'Web Servers - Bandwidth Anomaly',
  prefixes: ['10.20.30.0/24'],
  type: 'zscore',
  zscore_sensitivity: 'medium',
  zscore_target: 'bits',
}

function problems(body: unknown) {
  const { error } = ruleInputSchema.safeParse(body)
  if (error === undefined) return []
  return problemsOf(error, ruleCodes).map(({ code, source }) => [code, source.pointer])
}

function notices(body: typeof threshold) {
  return ruleNotices(body, ruleInputSchema.parse(body)).map(({ code }) => code)
}

test('a rule has all fields, those that were not given as null, and a duration of one minute', () => {
  const { duration: _, ...body } = threshold
  expect(ruleInputSchema.parse(body)).toEqual({
    name: 'Production Network - High Bandwidth',
    type: 'threshold',
    prefixes: ['10.0.0.0/8'],
    bandwidth_threshold: 1_000_000_000,
    packet_threshold: null,
    flow_threshold: null,
    scope: 'rule',
    direction: 'in',
    duration: 1,
    zscore_sensitivity: null,
    zscore_target: null,
    min_traffic: null,
    min_samples: 10,
    prefix_match: null,
    sensitivity: null,
    vectors: null,
    severity: null,
    repeat_interval: null,
    escalation_factor: null,
  })
})

test('null means not given', () => {
  const nulls = { packet_threshold: null, duration: null, zscore_target: null, prefix_match: null }
  expect(ruleInputSchema.parse({ ...threshold, ...nulls }).duration).toBe(1)
})

test('zscore and advanced_ddos rules are taken', () => {
  expect(ruleInputSchema.parse(zscore)).toMatchObject(zscore)
  const ddos = { name: 'd', prefixes: ['::/0'], type: 'advanced_ddos', prefix_match: 'subnet' }
  expect(ruleInputSchema.parse(ddos)).toMatchObject(ddos)
})

describe('prefixes', () => {
  test('are kept canonical, in the order given, nested ones too', () => {
    const prefixes = ['2001:DB8::/32', '10.0.0.1/8', '10.1.0.0/16', '192.0.2.1']
    expect(ruleInputSchema.parse({ ...threshold, prefixes }).prefixes).toEqual([
      '2001:db8::/32',
      '10.0.0.0/8',
      '10.1.0.0/16',
      '192.0.2.1/32',
    ])
  })

  test('host bits are cleared, and the sender told', () => {
    expect(notices({ ...threshold, prefixes: ['160.168.0.1/24'] })).toEqual([2201])
  })

  test('the sender is told of those that lie in others of the rule', () => {
    expect(notices({ ...threshold, prefixes: ['10.0.0.0/8', '10.1.0.0/16'] })).toEqual([2203])
    expect(notices({ ...threshold, prefixes: ['10.0.0.0/8', '10.0.0.0/8'] })).toEqual([2203])
  })

  test.each([
    ['none', [], [[1203, '/prefixes']]],
    ['no list', '10.0.0.0/8', [[1203, '/prefixes']]],
    ['null', null, [[1203, '/prefixes']]],
    ['an object', { 0: '10.0.0.0/8' }, [[1203, '/prefixes']]],
    ['a number', ['10.0.0.0/8', 1], [[1206, '/prefixes/1']]],
    [
      'not a prefix',
      ['bad', '10.0.0.0/8', '10.0.0.0/33'],
      [
        [1205, '/prefixes/0'],
        [1205, '/prefixes/2'],
      ],
    ],
    ['one empty', [''], [[1205, '/prefixes/0']]],
  ])('%s', (_, prefixes, expected) => {
    expect(problems({ ...threshold, prefixes })).toEqual(expected)
  })

  test('5,000 are taken, 5,001 are not', () => {
    const many = Array.from({ length: 5_001 }, (_, n) => `10.${n >> 8}.${n & 255}.0/24`)
    expect(problems({ ...threshold, prefixes: many.slice(1) })).toEqual([])
    expect(problems({ ...threshold, prefixes: many })).toEqual([[1204, '/prefixes']])
  })

  test('of very many bad ones the first hundred are told', () => {
    expect(problems({ ...threshold, prefixes: Array(5_000).fill('x') })).toHaveLength(100)
  })
})

describe('duration', () => {
  test.each([
    [1, 1],
    [60, 60],
    ['5m', 5],
    ['1m0s', 1],
    ['1h', 60],
    ['1h0m0s', 60],
    ['300s', 5],
  ])('%j is %i minutes', (duration, minutes) => {
    expect(ruleInputSchema.parse({ ...threshold, duration }).duration).toBe(minutes)
  })

  test.each([
    0,
    -1,
    61,
    1.5,
    1e9,
    true,
    [],
    {},
    '',
    '5',
    '90s',
    '61m',
    '1h1m',
    '1.5m',
    '-5m',
    '5 m',
    '5m5m',
  ])('%j is none', (duration) => {
    expect(problems({ ...threshold, duration })).toEqual([[1210, '/duration']])
  })

  test('the sender is told of one that Cloudflare does not know', () => {
    expect(notices({ ...threshold, duration: 3 })).toEqual([2202])
    expect(notices({ ...threshold, duration: 5 })).toEqual([])
  })
})

describe('limits', () => {
  test('reach from 1 to 2^53-1', () => {
    for (const limit of [1, 2 ** 53 - 1]) {
      expect(
        problems({ ...threshold, bandwidth_threshold: limit, packet_threshold: limit }),
      ).toEqual([])
    }
    for (const limit of [0, -1, 0.5, 2 ** 53, Number.POSITIVE_INFINITY, '1', true, {}]) {
      expect(problems({ ...threshold, bandwidth_threshold: limit })).toEqual([
        [1208, '/bandwidth_threshold'],
      ])
      expect(problems({ ...threshold, packet_threshold: limit })).toEqual([
        [1208, '/packet_threshold'],
      ])
    }
  })

  test('a threshold rule needs one', () => {
    expect(problems({ ...threshold, bandwidth_threshold: undefined })).toEqual([
      [1209, '/bandwidth_threshold'],
    ])
    expect(problems({ ...threshold, bandwidth_threshold: null, packet_threshold: 1 })).toEqual([])
  })
})

describe('what is judged', () => {
  test('is the sum of what goes to the prefixes, unless said otherwise', () => {
    expect(ruleInputSchema.parse({ ...threshold, scope: null, direction: null })).toMatchObject({
      scope: 'rule',
      direction: 'in',
    })
    const other = { ...threshold, scope: 'per_prefix', direction: 'both', flow_threshold: 20 }
    expect(ruleInputSchema.parse(other)).toMatchObject(other)
  })

  test('has names of its own', () => {
    const wrong = { scope: 'per_port', direction: 'inout', flow_threshold: 0 }
    expect(problems({ ...threshold, ...wrong })).toEqual([
      [1208, '/flow_threshold'],
      [1214, '/scope'],
      [1215, '/direction'],
    ])
  })

  test('of flows alone is enough', () => {
    const flows = { bandwidth_threshold: null, flow_threshold: 20 }
    expect(problems({ ...threshold, ...flows })).toEqual([])
  })

  test('prefix by prefix keeps nested prefixes, each once', () => {
    const prefixes = ['10.0.0.0/8', '10.1.0.0/16', '10.0.0.0/8']
    const { scope: _, ...rule } = ruleInputSchema.parse({ ...threshold, prefixes })
    expect(countedPrefixes({ ...rule, scope: 'rule' })).toEqual(['10.0.0.0/8'])
    expect(countedPrefixes({ ...rule, scope: 'per_prefix' })).toEqual(['10.0.0.0/8', '10.1.0.0/16'])
  })

  test('host by host is for threshold rules; a host is in one prefix', () => {
    const prefixes = ['10.0.0.0/8', '10.1.0.0/16']
    const rule = ruleInputSchema.parse({ ...threshold, prefixes, scope: 'per_host' })
    expect(countedPrefixes(rule)).toEqual(['10.0.0.0/8'])
    expect(problems({ ...zscore, scope: 'per_host' })).toEqual([[1214, '/scope']])
  })
})

describe('the least samples', () => {
  test('are those of the rule, from 1 on, for every type', () => {
    expect(ruleInputSchema.parse({ ...threshold, min_samples: 96 }).min_samples).toBe(96)
    expect(problems({ ...zscore, min_samples: 1 })).toEqual([])
    expect(problems({ ...threshold, min_samples: 0 })).toEqual([[1219, '/min_samples']])
    expect(problems({ ...threshold, min_samples: 9.5 })).toEqual([[1219, '/min_samples']])
  })
})

describe('what belongs to one type', () => {
  test('min_traffic is for zscore rules', () => {
    expect(problems({ ...zscore, min_traffic: 1_000 })).toEqual([])
    expect(problems({ ...zscore, min_traffic: 0 })).toEqual([[1216, '/min_traffic']])
    expect(problems({ ...threshold, min_traffic: 1_000 })).toEqual([[1212, '/min_traffic']])
  })

  test('a zscore rule needs sensitivity and target', () => {
    expect(problems({ ...zscore, zscore_sensitivity: null, zscore_target: undefined })).toEqual([
      [1211, '/zscore_sensitivity'],
      [1211, '/zscore_target'],
    ])
    expect(problems({ ...zscore, zscore_sensitivity: 'huge', zscore_target: 1 })).toEqual([
      [1211, '/zscore_sensitivity'],
      [1211, '/zscore_target'],
    ])
  })

  test('other rules must not have them', () => {
    expect(problems({ ...threshold, zscore_sensitivity: 'low', zscore_target: 'bits' })).toEqual([
      [1212, '/zscore_sensitivity'],
      [1212, '/zscore_target'],
    ])
  })

  test('prefix_match is for advanced_ddos', () => {
    expect(problems({ ...threshold, prefix_match: 'exact' })).toEqual([[1213, '/prefix_match']])
    expect(problems({ ...threshold, type: 'advanced_ddos', prefix_match: 'any' })).toEqual([
      [1213, '/prefix_match'],
    ])
  })
})

test('what is told of a rule: what is not given is null, and what is wrong is told', () => {
  const given = { severity: { least: 'high', critical: 3.5 }, repeat_interval: 0 }
  expect(ruleInputSchema.parse({ ...threshold, ...given })).toMatchObject({
    severity: { least: 'high', high: null, critical: 3.5 },
    repeat_interval: 0,
    escalation_factor: null,
  })
  const refused = [{ least: 'worst' }, { high: 0.5 }, { high: 4, critical: 3 }]
  // Critical is from 5 times the limit on, and high from 2, where the rule does not say.
  for (const severity of ['high', ...refused, { high: 10 }, { critical: 1.5 }]) {
    const [[code, pointer] = [], ...others] = problems({ ...threshold, severity })
    expect([code, String(pointer).split('/')[1], others]).toEqual([1223, 'severity', []])
  }
  const wrong = { repeat_interval: 10_081, escalation_factor: 0.9 }
  expect(problems({ ...threshold, ...wrong })).toEqual([
    [1224, '/repeat_interval'],
    [1225, '/escalation_factor'],
  ])
})

test('all problems of a body are told at once, those between fields too', () => {
  const body = {
    name: 5,
    type: 'zscore',
    prefixes: ['bad', 1, '10.0.0.1/8'],
    bandwidth_threshold: -1,
    packet_threshold: 1.5,
    duration: 'x',
    zscore_target: 'bytes',
    prefix_match: 'exact',
  }
  expect(problems(body)).toEqual([
    [1201, '/name'],
    [1205, '/prefixes/0'],
    [1206, '/prefixes/1'],
    [1208, '/bandwidth_threshold'],
    [1208, '/packet_threshold'],
    [1210, '/duration'],
    [1211, '/zscore_target'],
    [1211, '/zscore_sensitivity'],
    [1213, '/prefix_match'],
  ])
  expect(problems({})).toEqual([
    [1201, '/name'],
    [1207, '/type'],
    [1203, '/prefixes'],
  ])
})

test('a problem says what would be right', () => {
  const { error } = ruleInputSchema.safeParse({ ...threshold, prefixes: ['10.0.0.0/33'] })
  expect(problemsOf(error!, ruleCodes)[0]?.message).toBe(
    '"10.0.0.0/33" is not an IPv4 or IPv6 prefix or address',
  )
})

test('what is not an object is one problem, of the whole body', () => {
  for (const body of [null, [], 'x', 5, undefined]) expect(problems(body)).toEqual([[1001, '']])
})

test('a very long text is refused without working on it', () => {
  const long = 'a/'.repeat(500_000)
  expect(problems({ ...threshold, name: long, duration: long, prefixes: [long] })).toHaveLength(3)
})
