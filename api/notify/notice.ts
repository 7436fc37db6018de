// What a channel is told: an event of an alert, or a test.

import type { AlertDocument } from '../../rules/alerts/document.ts'

export interface Notice {
  /** The same however often it is sent. */
  id: string
  event: string
  /** RFC 3339, UTC. */
  at: string
  /** One line. */
  text: string
  /** As it was then. A test has one made up, whose rule's name says so. */
  alert: AlertDocument
}

/** Made up, and marked so wherever it is shown. */
export function testNotice(id: string, nowMs: number): Notice {
  const at = `${new Date(nowMs).toISOString().slice(0, 19)}Z`
  return {
    id,
    event: 'test',
    at,
    text: 'This is a test of a channel: nothing happened',
    alert: {
      id: `test-${id}`,
      state: 'firing',
      health: 'ok',
      rule_id: 'test',
      rule_name: 'Test of a channel',
      type: 'threshold',
      scope: 'rule',
      key: 'rule',
      prefixes: ['192.0.2.0/24'],
      direction: 'in',
      vector: null,
      severity: 'warning',
      started_at: at,
      fired_at: at,
      resolved_at: null,
      updated_at: at,
      minute: at,
      metric: 'bandwidth',
      value: 0,
      limit: 0,
      peak_bps: 0,
      peak_pps: 0,
      peak_fps: 0,
      total_bytes: 0,
      total_packets: 0,
      error_percent: null,
      flaps: 0,
      flapping: false,
      acknowledged: null,
      classification: null,
      accepted: null,
      silenced: false,
      resolve_reason: null,
    },
  }
}
