import { describe, expect, test } from 'vitest'
import { palette } from '../../console/chart/colors.ts'

type Triple = readonly [number, number, number]

/** Machado, Oliveira, Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), severity 1, on linear sRGB. */
const visions: readonly (readonly [string, readonly [Triple, Triple, Triple]])[] = [
  [
    'all cones',
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  ],
  [
    'no red cones',
    [
      [0.152286, 1.052583, -0.204868],
      [0.114503, 0.786281, 0.099216],
      [-0.003882, -0.048116, 1.051998],
    ],
  ],
  [
    'no green cones',
    [
      [0.367322, 0.860646, -0.227968],
      [0.280085, 0.672501, 0.047413],
      [-0.01182, 0.04294, 0.968881],
    ],
  ],
  [
    'no blue cones',
    [
      [1.255528, -0.076749, -0.178779],
      [-0.078411, 0.930809, 0.147602],
      [0.004733, 0.691367, 0.3039],
    ],
  ],
]

function linear(hex: string): Triple {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return [red, green, blue]
}

const dot = (a: Triple, b: Triple) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]

/** CIE L*a*b*, D65. */
function lab(rgb: Triple): Triple {
  const [x, y, z] = [
    dot(rgb, [0.4124, 0.3576, 0.1805]) / 0.95047,
    dot(rgb, [0.2126, 0.7152, 0.0722]),
    dot(rgb, [0.0193, 0.1192, 0.9505]) / 1.08883,
  ].map((value) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116)) as [
    number,
    number,
    number,
  ]
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

describe.each(visions)('to eyes with %s', (_, matrix) => {
  const seen = palette.map((hex) => {
    const rgb = linear(hex)
    const mixed = matrix.map((row) => Math.min(1, Math.max(0, dot(row, rgb))))
    return lab(mixed as unknown as Triple)
  })

  test('no two series have one colour', () => {
    for (const [index, one] of seen.entries()) {
      for (const other of seen.slice(0, index)) {
        const distance = Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2])
        // 2.3 is what can just be seen, side by side.
        expect(distance).toBeGreaterThan(15)
      }
    }
  })
})
