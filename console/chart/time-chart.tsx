// A chart over time on a canvas (uPlot), with what it shows as a table for those who cannot see it.

import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { formatAmount, formatMoment } from '../format.ts'
import { Text } from '../parts/text.tsx'
import { useTheme } from '../theme.ts'
import { resolveColor } from './colors.ts'
import { shares, stack, type Values } from './stack.ts'

export interface Layer {
  label: string
  color: string
  values: Values
}

export interface TimeChartProps {
  /** What it shows, for those who cannot see it. */
  label: string
  /** Starts of the steps, seconds since 1970. */
  times: readonly number[]
  layers: readonly Layer[]
  /** Below the axis: the other direction, in the same colours. */
  below?: readonly Layer[]
  kind: 'stacked' | 'lines' | 'share'
  unit: string
  /** Another time's total, as a dashed line. */
  before?: { label: string; values: Values } | undefined
  limits?: readonly { label: string; value: number }[]
  /** Times to be seen at a glance, in seconds since 1970. */
  marks?: readonly { from: number; to: number }[]
  height?: number
  /** A range was chosen by dragging, in seconds since 1970. */
  onZoom?: ((from: number, to: number) => void) | undefined
}

interface Pointed {
  index: number
  left: number
}

export function TimeChart(props: TimeChartProps) {
  const { label, times, layers, below = [], unit, kind, height = 300 } = props
  const host = useRef<HTMLDivElement>(null)
  const theme = useTheme()
  const [pointed, setPointed] = useState<Pointed>()
  const [isReady, setReady] = useState(false)
  const onZoom = useRef(props.onZoom)
  onZoom.current = props.onZoom

  useEffect(() => {
    const element = host.current
    if (element === null) return
    const drawn = draw(props, height, setPointed, (from, to) => onZoom.current?.(from, to))
    const plot = new uPlot({ ...drawn.options, width: element.clientWidth }, drawn.data, element)
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) plot.setSize({ width: element.clientWidth, height })
    })
    observer.observe(element)
    setReady(true)
    return () => {
      observer.disconnect()
      plot.destroy()
      setPointed(undefined)
    }
  }, [props.times, layers, below, kind, unit, props.before, props.limits, props.marks, theme])

  const isAnythingKnown = layers.some(({ values }) => values.some((value) => value !== null))
  const format = (value: number | null | undefined) =>
    value == null ? 'not known' : formatAmount(value, unit)
  return (
    <figure class="chart" data-state={isReady ? 'ready' : 'drawing'}>
      <div class="canvas" ref={host} aria-hidden="true" />
      {!isAnythingKnown && <p class="nothing">Nothing is known of this time.</p>}
      {pointed !== undefined && (
        <Tooltip pointed={pointed} {...props} width={host.current?.clientWidth ?? 0} />
      )}
      <div class="hidden">
        <table>
          <caption>{label}</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              {[...layers, ...below].map((layer, index) => (
                <th scope="col" key={index}>
                  {layer.label}
                  {index >= layers.length ? ', other direction' : ''}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {thinned(times.length).map((index) => (
              <tr key={index}>
                <th scope="row">{formatMoment(times[index]! * 1000)}</th>
                {[...layers, ...below].map((layer, column) => (
                  <td key={column}>{format(layer.values[index])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  )
}

/** Nobody listens to hundreds of rows: some 24 of them, evenly spread. */
function thinned(count: number): number[] {
  const step = Math.max(1, Math.ceil(count / 24))
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step)
}

function Tooltip(props: TimeChartProps & { pointed: Pointed; width: number }) {
  const { pointed, times, layers, below = [], unit, before, width } = props
  const { index, left } = pointed
  const known = [...layers, ...below.map((layer) => ({ ...layer, label: `← ${layer.label}` }))]
    .map((layer) => ({ ...layer, value: layer.values[index] ?? null }))
    .filter(({ value }) => value !== null && value !== 0)
    .sort((a, b) => b.value! - a.value!)
  const isRight = left > width / 2
  return (
    <div
      class="tooltip"
      aria-hidden="true"
      style={isRight ? { right: `${width - left + 14}px` } : { left: `${left + 14}px` }}
    >
      <p>{formatMoment(times[index]! * 1000)}</p>
      {known.length === 0 && <p class="muted">nothing</p>}
      {known.slice(0, 12).map((layer) => (
        <div key={layer.label}>
          <span class="swatch" style={{ background: layer.color }} />
          <Text value={layer.label} />
          <b>{formatAmount(layer.value!, unit)}</b>
        </div>
      ))}
      {before?.values[index] != null && (
        <div>
          <span class="swatch dashed" />
          <span>{before.label}</span>
          <b>{formatAmount(before.values[index], unit)}</b>
        </div>
      )}
    </div>
  )
}

function draw(
  props: TimeChartProps,
  height: number,
  onPoint: (pointed: Pointed | undefined) => void,
  onZoom: (from: number, to: number) => void,
): { options: Omit<uPlot.Options, 'width'>; data: uPlot.AlignedData } {
  const { times, layers, below = [], kind, before, limits = [], marks = [] } = props
  const isFilled = kind !== 'lines'
  const shape = (some: readonly Layer[]): Values[] => {
    const values = some.map((layer) => layer.values)
    if (kind === 'lines') return values
    return stack(kind === 'share' ? shares(values) : values)
  }
  const above = shape(layers)
  const under = shape(below).map((values) =>
    values.map((value) => (value === null ? null : -value)),
  )
  const series: uPlot.Series[] = []
  const data: Values[] = []
  const add = (values: Values, color: string) => {
    data.push(values)
    series.push({
      stroke: color,
      width: isFilled ? 0.5 : 1.5,
      points: { show: true, size: 5, width: 0, fill: color, filter: lonelyPoints(values) },
      ...(isFilled ? { fill: color } : {}),
    })
  }
  // What is filled is drawn over by what lies below it.
  for (let index = layers.length - 1; index >= 0; index--) add(above[index]!, layers[index]!.color)
  for (let index = below.length - 1; index >= 0; index--) add(under[index]!, below[index]!.color)
  const ink = resolveColor('--ink')
  if (before !== undefined && kind !== 'share') {
    const dashed: uPlot.Series = { width: 1.5, dash: [5, 4] }
    data.push(before.values)
    series.push({ stroke: ink, points: { show: false }, ...dashed })
  }
  for (const { value } of limits) {
    data.push(times.map(() => value))
    series.push({
      stroke: resolveColor('--bad'),
      width: 1.5,
      dash: [8, 4],
      points: { show: false },
    })
  }
  const axis: uPlot.Axis = {
    stroke: resolveColor('--ink-soft'),
    grid: { stroke: resolveColor('--grid'), width: 1 },
    ticks: { show: false },
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
  }
  const options: Omit<uPlot.Options, 'width'> = {
    height,
    legend: { show: false },
    padding: [10, 22, 0, 0],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: props.onZoom !== undefined, y: false, setScale: false },
    },
    scales: {
      x: { time: true },
      y: {
        range: (_plot, min, max) => {
          if (kind === 'share') return [below.length > 0 ? -100 : 0, 100]
          const top = Math.max(max ?? 0, 0) * 1.06 || 1
          return [Math.min(min ?? 0, 0) * 1.06, top]
        },
      },
    },
    axes: [
      { ...axis, size: 26, values: timeValues },
      { ...axis, size: 88, values: (_plot, splits) => splits.map((at) => amount(at, props)) },
    ],
    series: [{}, ...series],
    hooks: {
      setCursor: [
        (plot) => {
          const { idx, left } = plot.cursor
          const isInside = idx != null && left !== undefined && left >= 0
          onPoint(isInside ? { index: idx, left: left + plot.over.offsetLeft } : undefined)
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select
          if (width < 4) return
          onZoom(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'))
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false)
        },
      ],
      drawClear: [
        (plot) => {
          const { ctx, bbox } = plot
          ctx.save()
          ctx.fillStyle = resolveColor('--bad-wash')
          for (const { from, to } of marks) {
            const left = Math.max(bbox.left, plot.valToPos(from, 'x', true))
            const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, 'x', true))
            ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height)
          }
          ctx.restore()
        },
      ],
    },
  }
  return { options, data: [times, ...data] as uPlot.AlignedData }
}

/** A step between two that are not known has no line: it is a dot. */
function lonelyPoints(values: Values): uPlot.Series.Points.Filter {
  const lonely = values.flatMap((value, index) => {
    const isLonely = value !== null && values[index - 1] == null && values[index + 1] == null
    return isLonely ? [index] : []
  })
  return () => lonely
}

function amount(value: number, { kind, unit }: TimeChartProps): string {
  const size = Math.abs(value)
  if (kind === 'share') return `${size} %`
  return formatAmount(size, unit)
    .replace(/(\.\d*?)0+ /, '$1 ')
    .replace('. ', ' ')
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const seconds = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** The day where one begins, else the time of the day. */
function timeValues(_plot: uPlot, splits: number[], _axis: number, _space: number, step: number) {
  return splits.map((at) => {
    const date = new Date(at * 1000)
    const isDay = date.getHours() === 0 && date.getMinutes() === 0
    if (isDay) return day.format(date)
    return (step < 60 ? seconds : clock).format(date)
  })
}
