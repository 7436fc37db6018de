// What a flow's sampling rate is, decided once, at ingest.

import { type FlowRecord, SamplingSource } from './flow.ts'

/**
 * Gives the flow the rate to multiply by: what its exporter announced, else its router's default, else 1, marked as assumed. Never 0, so that no traffic
 * is counted as nothing.
 */
export function applySampling(flow: FlowRecord, routerDefault: number): void {
  if (flow.samplingRate > 0) {
    flow.samplingSource = SamplingSource.exporter
  } else if (routerDefault > 0) {
    flow.samplingRate = routerDefault
    flow.samplingSource = SamplingSource.routerDefault
  } else {
    flow.samplingRate = 1
    flow.samplingSource = SamplingSource.assumed
  }
}
