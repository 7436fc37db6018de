import { expect, test } from 'vitest'
import {
  routerCodes,
  routerInputSchema,
  routerNotices,
} from '../../../rules/configuration/router.ts'
import { problemsOf } from '../../../rules/problem.ts'

const router = { name: 'my-router', router_ip: '127.0.0.1', default_sampling: 1000 }

function problems(body: unknown) {
  const { error } = routerInputSchema.safeParse(body)
  if (error === undefined) return []
  return problemsOf(error, routerCodes).map(({ code, source }) => [code, source.pointer])
}

test('a router is taken as it is given', () => {
  expect(routerInputSchema.parse(router)).toEqual(router)
})

test.each([
  ['2001:DB8:0::1', '2001:db8::1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['127.0.0.1', '127.0.0.1'],
])('the address %s is kept as %s', (router_ip, canonical) => {
  expect(routerInputSchema.parse({ ...router, router_ip }).router_ip).toBe(canonical)
})

test.each([
  '0.0.0.0',
  '::',
  '::ffff:0.0.0.0',
  '224.0.0.1',
  '239.255.255.255',
  'ff02::1',
  '10.0.0.0/8',
  '10.0.0.1:2055',
  'router.example',
  '1',
  '',
])('%j is not the address of a router', (router_ip) => {
  expect(problems({ ...router, router_ip })).toEqual([[1102, '/router_ip']])
})

test('white space around a name is dropped', () => {
  expect(routerInputSchema.parse({ ...router, name: '  edge 1\n' }).name).toBe('edge 1')
})

test.each([
  '',
  '   ',
  'a\u0000b',
  'a\nb',
  'a\u001b[31mb',
  'a\u2028b',
  'a\u202eb',
  'a\ud800b',
  'x'.repeat(257),
])('%j is not a name', (name) => {
  expect(problems({ ...router, name })).toEqual([[1101, '/name']])
})

test.each([
  'Zürich-1',
  '<img onerror=x>',
  '=1+1',
  'x'.repeat(256),
  '名前',
  "'; DROP TABLE routers",
])('%j is a name', (name) => {
  expect(routerInputSchema.parse({ ...router, name }).name).toBe(name)
})

test('default_sampling reaches from 0 to 2^32-1', () => {
  for (const default_sampling of [0, 1, 2 ** 32 - 1]) {
    expect(routerInputSchema.parse({ ...router, default_sampling })).toMatchObject({
      default_sampling,
    })
  }
  for (const default_sampling of [-1, 2 ** 32, 0.5, 1e300, Number.NaN, '1000', null, true, [1]]) {
    expect(problems({ ...router, default_sampling })).toEqual([[1104, '/default_sampling']])
  }
})

test('sampling_override reaches from 1 to 2^32-1; null and nothing mean none', () => {
  for (const sampling_override of [1, 2 ** 32 - 1, null]) {
    expect(routerInputSchema.parse({ ...router, sampling_override })).toEqual({
      ...router,
      sampling_override,
    })
  }
  for (const sampling_override of [0, -1, 2 ** 32, 1.5, Number.NaN, '1000', true, [1]]) {
    expect(problems({ ...router, sampling_override })).toEqual([[1105, '/sampling_override']])
  }
})

test('sampling_byte_order is big or little', () => {
  for (const sampling_byte_order of ['big', 'little']) {
    const given = { ...router, sampling_byte_order }
    expect(routerInputSchema.parse(given)).toEqual(given)
    expect(routerNotices(given, routerInputSchema.parse(given))).toEqual([])
  }
  for (const sampling_byte_order of ['Little', '', null, 1]) {
    expect(problems({ ...router, sampling_byte_order })).toEqual([[1106, '/sampling_byte_order']])
  }
})

test('role is edge or core', () => {
  for (const role of ['edge', 'core']) {
    const given = { ...router, role }
    expect(routerInputSchema.parse(given)).toEqual(given)
    expect(routerNotices(given, routerInputSchema.parse(given))).toEqual([])
  }
  for (const role of ['Core', '', null, 1, ['core']]) {
    expect(problems({ ...router, role })).toEqual([[1107, '/role']])
  }
})

test('all problems of a body are told at once', () => {
  expect(problems({})).toEqual([
    [1101, '/name'],
    [1102, '/router_ip'],
    [1104, '/default_sampling'],
  ])
})

test('default_sampling 0 is kept, and its sender told that it counts as 1', () => {
  const body = { ...router, default_sampling: 0 }
  expect(routerNotices(body, routerInputSchema.parse(body)).map(({ code }) => code)).toEqual([2101])
})

test('fields that are not known are named, and not kept', () => {
  const body = { ...router, id: 'x', color: 'red', ['constructor']: 1 }
  expect(routerInputSchema.parse(body)).toEqual(router)
  expect(routerNotices(body, router)).toEqual([
    { code: 2001, message: 'not known here and not kept: "color", "constructor"' },
  ])
})
