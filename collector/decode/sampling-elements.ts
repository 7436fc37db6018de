// What a record says about sampling: the rate itself, or the sampler it belongs to. Options records announce with the
// same elements that data records carry. RFC 5477 8.2; Cisco's own 34, 48 and 50 in NetFlow v9.

export class SamplingElements {
  /** Whether the exporter writes the intervals of its data records so. Told for each set, not by records. */
  isLittleEndian = false

  hasSamplerId = false
  samplerId = 0
  hasSelectorId = false
  selectorId = 0

  samplingInterval = 0
  samplerRandomInterval = 0
  packetInterval = 0
  hasPacketSpace = false
  packetSpace = 0
  size = 0
  population = 0
  probability = 0

  clear(): void {
    this.hasSamplerId = false
    this.samplerId = 0
    this.hasSelectorId = false
    this.selectorId = 0
    this.samplingInterval = 0
    this.samplerRandomInterval = 0
    this.packetInterval = 0
    this.hasPacketSpace = false
    this.packetSpace = 0
    this.size = 0
    this.population = 0
    this.probability = 0
  }

  setSamplerId(id: number): void {
    if (this.hasSamplerId) return
    this.hasSamplerId = true
    this.samplerId = id
  }

  setSelectorId(id: number): void {
    if (this.hasSelectorId) return
    this.hasSelectorId = true
    this.selectorId = id
  }

  setPacketSpace(packets: number): void {
    if (this.hasPacketSpace) return
    this.hasPacketSpace = true
    this.packetSpace = packets
  }

  /**
   * The rate, 1 in N, or 0 when the record states none. `packetInterval` packets are taken, then `packetSpace` are
   * left; it is a rate by itself only where nothing else says more: Cisco sends it with `size` out of `population`,
   * where it is always 1.
   */
  rate(): number {
    const { packetInterval, size, population, probability } = this
    if (packetInterval > 0 && this.hasPacketSpace) {
      return Math.round((packetInterval + this.packetSpace) / packetInterval)
    }
    if (size > 0 && population > 0) return Math.round(population / size)
    if (this.samplerRandomInterval > 0) return this.samplerRandomInterval
    if (this.samplingInterval > 0) return this.samplingInterval
    if (probability > 0 && probability <= 1) return Math.round(1 / probability)
    return packetInterval
  }
}
