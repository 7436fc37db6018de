// Layers of a stacked chart.

export type Values = readonly (number | null)[]

/** Each layer on top of the ones before it; a step in which a layer is not known ends that layer and those above it. */
export function stack(layers: readonly Values[]): (number | null)[][] {
  let below: Values | undefined
  return layers.map((layer) => {
    const sum = layer.map((value, index) => {
      const under = below === undefined ? 0 : below[index]!
      return value === null || under === null ? null : value + under
    })
    below = sum
    return sum
  })
}

/** Of every step, each layer's share in percent; a step without traffic has none. */
export function shares(layers: readonly Values[]): (number | null)[][] {
  const steps = layers[0]?.length ?? 0
  const totals = Array.from({ length: steps }, (_, index) =>
    layers.reduce((sum, layer) => sum + (layer[index] ?? 0), 0),
  )
  return layers.map((layer) =>
    layer.map((value, index) =>
      value === null || totals[index] === 0 ? null : (value / totals[index]!) * 100,
    ),
  )
}
