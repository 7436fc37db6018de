import { describe, expect, test } from 'vitest'
import type { Condition, Level } from '../../../rules/alerts/condition.ts'
import { basisOf, type Subject } from '../../../rules/alerts/identity.ts'
import { type Policy, policyOf, severityOf } from '../../../rules/alerts/policy.ts'
import type { AlertState } from '../../../rules/alerts/state.ts'
import { type Attention, close, step } from '../../../rules/alerts/step.ts'

const noon = 1_795_435_200

const subject: Subject = {
  ruleId: 'r',
  ruleName: 'Web',
  type: 'threshold',
  scope: 'rule',
  key: 'rule',
  direction: 'in',
  vector: null,
  prefixes: ['192.0.2.0/24'],
  basis: basisOf({ type: 'threshold', scope: 'rule' }, ['192.0.2.0/24']),
}

const none = () => ({ silenced: false, acknowledged: false })

/** A minute at `value` bit/s, and as many packets in all, where 100 bit/s are the limit. */
function condition(level: Level, minute: number, value: number): Condition {
  const total = { bytes: 7.5 * value, packets: value }
  return {
    level,
    metric: 'bandwidth',
    value: level === 'unknown' ? null : value,
    limit: 100,
    ratio: value / 100,
    peaks: { peakBps: value, peakPps: value / 60, peakFps: 0 },
    total,
    since: minute,
    totalSince: total,
    errorPercent: null,
    clearMinutes: 2,
  }
}

/**
 * Plays minutes from noon on, one a letter: M crossed, o over, b between, - below, ? unknown, and digits for crossed at so many times the
 * limit. Answers `minute:event`; one that nobody is to be told of in parentheses.
 */
function play(
  letters: string,
  attention: (index: number) => Partial<Attention> = () => ({}),
  before?: AlertState,
  policy?: Policy,
) {
  const levels: Record<string, [Level, number]> = {
    M: ['met', 101],
    o: ['over', 101],
    b: ['between', 95],
    '-': ['below', 50],
    '?': ['unknown', 0],
  }
  let state = before
  const phases: string[] = []
  const told: string[] = []
  for (const [index, letter] of [...letters].entries()) {
    const minute = noon + 60 * index
    const [level, value] = levels[letter] ?? ['met', 100 * Number(letter)]
    const said = () => ({ silenced: false, acknowledged: false, ...attention(index) })
    const stepped = step(state, subject, condition(level, minute, value), minute, said, policy)
    state = stepped.state
    phases.push(state?.phase ?? 'none')
    for (const { event, silenced } of stepped.events) {
      told.push(`${index}:${silenced ? `(${event})` : event}`)
    }
  }
  return { state, phases, told }
}

describe('an alert', () => {
  test('is pending while it is over the limit for too short a time, and nobody is told', () => {
    expect(play('-oo-').phases).toEqual(['none', 'pending', 'pending', 'none'])
    expect(play('-oo-').told).toEqual([])
  })

  test('stays pending over unknown minutes, which do not break a streak', () => {
    expect(play('o?M').phases).toEqual(['pending', 'pending', 'firing'])
    expect(play('?').phases).toEqual(['none'])
  })

  test('fires once, recovers, and ends when it was below the clear limit for long enough', () => {
    const { phases, told } = play('MMM--')
    expect(phases).toEqual(['firing', 'firing', 'firing', 'recovering', 'resolved'])
    expect(told).toEqual(['0:firing', '4:resolved'])
  })

  test('does not end while it is between the limits, and the minutes below must follow each other', () => {
    expect(play('Mbbbb').phases.at(-1)).toBe('firing')
    expect(play('M-b-').phases.at(-1)).toBe('recovering')
    expect(play('M-b--').phases.at(-1)).toBe('resolved')
  })

  test('that is over the limit again while it recovers fires on, and nobody is told', () => {
    const { state, phases, told } = play('M-o-M')
    expect(phases).toEqual(['firing', 'recovering', 'firing', 'recovering', 'firing'])
    expect(told).toEqual(['0:firing'])
    expect(state?.incident?.flaps).toBe(2)
  })

  test('adds up what it carried, and keeps its peaks', () => {
    const { state } = play('36-4')
    expect(state?.incident).toMatchObject({
      startedMinute: noon,
      firedMinute: noon,
      peaks: { peakBps: 600, peakPps: 10 },
      total: { bytes: 7.5 * (300 + 600 + 50 + 400), packets: 300 + 600 + 50 + 400 },
      peakRatio: 6,
    })
  })
})

describe('what ends and fires again', () => {
  test('within 15 minutes is the same alert, opened again', () => {
    const first = play('M--')
    const { state, told } = play(`M--${'-'.repeat(14)}M`)
    expect(told).toEqual(['0:firing', '2:resolved', '17:reopened'])
    expect(state?.incident).toMatchObject({
      alertId: first.state?.incident?.alertId,
      startedMinute: noon,
      resolvedMinute: null,
      resolveReason: null,
      flaps: 1,
    })
  })

  test('after 16 minutes is another alert', () => {
    const first = play('M--')
    const { state, told } = play(`M--${'-'.repeat(15)}M`)
    expect(told).toEqual(['0:firing', '2:resolved', '18:firing'])
    expect(state?.incident?.alertId).not.toBe(first.state?.incident?.alertId)
    expect(state?.incident?.startedMinute).toBe(noon + 18 * 60)
  })

  test('is forgotten an hour after it ended', () => {
    expect(play(`M--${'-'.repeat(59)}`).phases.at(-1)).toBe('resolved')
    expect(play(`M--${'-'.repeat(60)}`).phases.at(-1)).toBe('none')
  })

  test('is said to flap from its fifth transition in an hour on, and must then stay below for twice as long each time', () => {
    const letters = `M--M--M----M--------M`
    const { told, state } = play(letters)
    expect(told).toEqual([
      '0:firing',
      '2:resolved',
      '3:reopened',
      '5:resolved',
      '6:reopened',
      '6:flapping',
      '10:resolved',
      '11:reopened',
      '19:resolved',
      '20:reopened',
    ])
    expect(state?.growth).toBe(3)
  })

  test('does not flap any more after an hour without a transition', () => {
    const { state } = play(`M--M--M${'M'.repeat(59)}`)
    expect(state?.growth).toBe(1)
    expect(play(`M--M--M${'M'.repeat(60)}`).state?.growth).toBe(0)
  })

  test('never has to stay below for longer than an hour', () => {
    const phaseAfter = (letters: string) => play(letters, undefined, growing(9)).phases.at(-1)
    expect(phaseAfter(`M${'-'.repeat(59)}`)).toBe('recovering')
    expect(phaseAfter(`M${'-'.repeat(60)}`)).toBe('resolved')
  })
})

/** One that has ended a minute before noon, and flaps. */
function growing(growth: number): AlertState {
  const { state } = play('M--')
  const past = noon - 60
  return {
    ...state!,
    minute: past,
    growth,
    transitions: [past - 240, past - 180, past - 120, past],
  }
}

describe('more is said of an open alert', () => {
  test('when its peak is more than twice what was told, or its severity rises', () => {
    // Less than 2 is a warning, 2 to 5 are high, more is critical.
    expect(play('13567').told).toEqual(['0:firing', '1:escalated', '3:escalated'])
    expect(play('149').told).toEqual(['0:firing', '1:escalated', '2:escalated'])
  })

  test('every hour while it fires, unless somebody takes care of it', () => {
    expect(play('M'.repeat(121)).told).toEqual(['0:firing', '60:still_firing', '120:still_firing'])
    const acknowledged = (index: number) => ({ acknowledged: index >= 90 })
    expect(play('M'.repeat(121), acknowledged).told).toEqual(['0:firing', '60:still_firing'])
    expect(play(`${'M'.repeat(60)}-`).told).toEqual(['0:firing'])
  })

  test('when nothing has been known for five minutes, once, and when something is again; it stays as it is', () => {
    const { phases, told } = play('M????')
    expect([phases.at(-1), told]).toEqual(['firing', ['0:firing']])
    expect(play('M????????').told).toEqual(['0:firing', '5:no_data'])
    expect(play('M-??????-').told).toEqual(['0:firing', '6:no_data', '8:data_back', '8:resolved'])
  })
})

describe('a silenced alert', () => {
  const until = (end: number) => (index: number) => ({ silenced: index < end })

  test('goes through its life, and nobody is told', () => {
    expect(play('M2--', until(9)).told).toEqual(['0:(firing)', '1:(escalated)', '3:(resolved)'])
  })

  test('is told once when its silence ends, if it still fires', () => {
    expect(play('MMMMMM', until(3)).told).toEqual(['0:(firing)', '3:still_firing'])
    const later = (index: number) => ({ silenced: index > 0 && index < 3 })
    expect(play('MMMMMM', later).told).toEqual(['0:firing', '3:still_firing'])
  })

  test('that recovers when its silence ends is told when it fires again', () => {
    expect(play('M--', until(2)).told).toEqual(['0:(firing)', '2:(resolved)'])
    expect(play('M-M', until(1)).told).toEqual(['0:(firing)', '2:still_firing'])
  })

  test('that was told before it was silenced is told to have ended', () => {
    const later = (index: number) => ({ silenced: index > 0 })
    expect(play('M--', later).told).toEqual(['0:firing', '2:resolved'])
  })
})

describe('closed for another reason', () => {
  test('it ends at once, and what fires afterwards is another alert', () => {
    const { state } = play('MM')
    const closed = close(state!, 'rule_changed', noon + 120)
    expect(closed.events.map(({ event }) => event)).toEqual(['resolved'])
    expect(closed.state?.incident?.resolveReason).toBe('rule_changed')
    const next = step(closed.state, subject, condition('met', noon + 180, 101), noon + 180, none)
    expect(next.events.map(({ event }) => event)).toEqual(['firing'])
    expect(next.state?.incident?.alertId).not.toBe(state?.incident?.alertId)
  })

  test('what is not open is forgotten', () => {
    expect(close(play('o').state!, 'rule_deleted', noon + 60)).toEqual({
      state: undefined,
      events: [],
    })
  })
})

test('a minute that it knows already changes nothing', () => {
  const { state } = play('M-')
  const again = step(state, subject, condition('met', noon + 60, 900), noon + 60, none)
  expect(again).toEqual({ state, events: [] })
})

describe('what a rule says of telling', () => {
  const none = { severity: null, repeat_interval: null, escalation_factor: null }
  const told = (letters: string, rule: Partial<Parameters<typeof policyOf>[0]>) =>
    play(letters, undefined, undefined, policyOf({ ...none, ...rule })).told

  test('is how often an open alert is told again, or never', () => {
    expect(told('M'.repeat(121), { repeat_interval: 45 })).toEqual([
      '0:firing',
      '45:still_firing',
      '90:still_firing',
    ])
    expect(told('M'.repeat(121), { repeat_interval: 0 })).toEqual(['0:firing'])
    expect(told('M'.repeat(61), {})).toEqual(['0:firing', '60:still_firing'])
  })

  test('is how much an alert must grow to be told again', () => {
    // From 2 to 9 times the limit, of one severity all the time.
    const severity = { least: 'critical', high: null, critical: null } as const
    expect(told('259', { severity })).toEqual(['0:firing', '1:escalated'])
    expect(told('259', { severity, escalation_factor: 4 })).toEqual(['0:firing', '2:escalated'])
    expect(told('259', { severity, escalation_factor: 5 })).toEqual(['0:firing'])
  })

  test.each([
    [null, ['warning', 'high', 'high', 'critical']],
    [{ least: null, high: 3, critical: 3 }, ['warning', 'warning', 'critical', 'critical']],
    [{ least: null, high: null, critical: 10 }, ['warning', 'high', 'high', 'high']],
    [{ least: 'high', high: null, critical: null }, ['high', 'high', 'high', 'critical']],
    [
      { least: 'critical', high: 100, critical: 1000 },
      ['critical', 'critical', 'critical', 'critical'],
    ],
  ] as const)('is how severe it is: %j', (severity, expected) => {
    const policy = policyOf({ ...none, severity })
    expect([1.9, 2, 5, 5.1].map((ratio) => severityOf(ratio, policy))).toEqual(expected)
  })
})
