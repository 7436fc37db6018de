/** What is told of a rate: no more digits than mean something. */
export function toThousandth(value: number): number
export function toThousandth(value: number | undefined): number | null
export function toThousandth(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 1000) / 1000
}
