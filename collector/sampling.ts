// What a flow's sampling rate is, decided once, at ingest.

import type { Router } from './exporters/routers.ts'
import { type FlowRecord, SamplingSource } from './flow.ts'

type RouterSampling = Pick<Router, 'sampling_override' | 'default_sampling'>

/**
 * Gives the flow the rate to multiply by: its router's override, else what its exporter announced, else its router's default, else 1, marked as
 * assumed. Never 0, so that no traffic is counted as nothing. `router` is undefined when none is registered.
 */
export function applySampling(flow: FlowRecord, router: RouterSampling | undefined): void {
  const override = router?.sampling_override ?? 0
  if (override > 0) {
    flow.samplingRate = override
    flow.samplingSource = SamplingSource.override
    return
  }
  if (flow.samplingRate > 0) {
    flow.samplingSource = SamplingSource.exporter
    return
  }
  const fallback = router?.default_sampling ?? 0
  flow.samplingRate = fallback > 0 ? fallback : 1
  flow.samplingSource = fallback > 0 ? SamplingSource.routerDefault : SamplingSource.assumed
}
