// Before the first flow: how to point a router here, and why there is nothing yet.

import { useState } from 'preact/hooks'
import type { Collector } from '../../rules/exporters/collectors.ts'
import type { Exporter } from '../../rules/exporters/exporter.ts'
import { formatWhole } from '../format.ts'
import { Code } from '../parts/code.tsx'
import { vendors } from './vendors.ts'

export function Onboarding(props: {
  collectors: readonly Collector[]
  exporters: readonly Exporter[]
}) {
  const { collectors, exporters } = props
  const [vendor, setVendor] = useState<string>(vendors[0].name)
  const chosen = vendors.find(({ name }) => name === vendor) ?? vendors[0]
  // The address by which the browser reached this machine; from a router's side loopback means itself.
  const { hostname } = window.location
  const isLocal = hostname === 'localhost' || hostname.startsWith('127.') || hostname === '[::1]'
  const address = isLocal ? 'ADDRESS_OF_THIS_MACHINE' : hostname
  return (
    <>
      <Waiting collectors={collectors} exporters={exporters} />
      <section class="card">
        <div class="section-head">
          <h2>What to enter on it</h2>
          <label class="labelled">
            <span class="hidden">Vendor</span>
            <select value={vendor} onChange={(event) => setVendor(event.currentTarget.value)}>
              {vendors.map(({ name }) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        </div>
        <Code>{chosen.commands(address)}</Code>
        <p class="hint">
          NetFlow v5, v9, IPFIX and sFlow are told apart by themselves, on any of the collector's
          ports: 2055, 4739 and 6343 unless they were set otherwise. A firewall in between must let
          UDP pass.
        </p>
      </section>
      <section class="card">
        <h2>No router at hand?</h2>
        <p>
          Let the generator play some, in another terminal. This page turns green when their first
          flows are stored.
        </p>
        <Code>npx --no-install netmon generate --rate 1000</Code>
      </section>
    </>
  )
}

/** The stage that it has come to, and what would bring it further. */
function Waiting(props: { collectors: readonly Collector[]; exporters: readonly Exporter[] }) {
  const live = props.collectors.filter(({ live }) => live)
  const sum = (read: (collector: Collector) => number) =>
    live.reduce((total, collector) => total + read(collector), 0)
  const datagrams = sum((one) => one.datagrams)
  const refused = sum((one) => valuesOf(one.datagrams_refused))
  const parked = sum((one) => one.parked_sets)
  const flows = sum((one) => one.flows)
  const reason = (() => {
    if (live.length === 0) {
      return [
        'bad',
        'No collector is running',
        'or none has told its status yet, which takes it 10 s.',
      ]
    }
    if (flows > 0) return ['good', 'Flows arrive', `${formatWhole(flows)} so far.`]
    if (datagrams === 0) {
      return [
        'waiting-dot',
        'Waiting for the first datagram',
        'The collector listens, and nothing has reached it.',
      ]
    }
    if (parked > 0) {
      return [
        'caution',
        'Data without its template',
        `${formatWhole(datagrams)} datagrams arrived. Exporters send templates every few minutes: what waits for one is decoded once it is there.`,
      ]
    }
    if (refused >= datagrams) {
      const reasons = [...new Set(live.flatMap((one) => Object.keys(one.datagrams_refused)))]
      return [
        'bad',
        'All that arrives is refused',
        `${formatWhole(refused)} datagrams, as ${reasons.join(', ')}.`,
      ]
    }
    return [
      'caution',
      'Datagrams without flows',
      `${formatWhole(datagrams)} datagrams arrived, with no flow in them so far.`,
    ]
  })()
  const [look = '', title = '', text = ''] = reason
  return (
    <div class="card stage" role="status">
      <p class={`state ${look}`}>
        <b>{title}</b>
      </p>
      <p class="muted">{text}</p>
    </div>
  )
}

function valuesOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
