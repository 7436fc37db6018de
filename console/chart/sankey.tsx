// From where to where: two dimensions and what flows between them. The table below it says the same in numbers.

import { sankey, sankeyJustify, sankeyLinkHorizontal } from 'd3-sankey'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { formatAmount, formatShare } from '../format.ts'
import { visible } from '../visible.ts'
import { colorOf, otherColor } from './colors.ts'

export interface Link {
  from: string
  to: string
  value: number
}

interface Node {
  name: string
  side: 'from' | 'to'
}

export function Sankey({
  links,
  unit,
  label,
}: {
  links: readonly Link[]
  unit: string
  label: string
}) {
  const host = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(960)
  useEffect(() => {
    if (host.current === null) return
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 960))
    observer.observe(host.current)
    return () => observer.disconnect()
  }, [])
  const graph = useMemo(() => layOut(links, width), [links, width])
  const total = links.reduce((sum, { value }) => sum + value, 0)
  return (
    <figure class="chart sankey" data-state="ready">
      <div ref={host}>
        <svg width={width} height={graph.height} role="img" aria-label={label}>
          {graph.links.map((link) => (
            <path key={link.key} d={link.path} stroke={link.color} stroke-width={link.width}>
              <title>
                {`${link.from} → ${link.to}: ${formatAmount(link.value, unit)}, ${formatShare(link.value / total)}`}
              </title>
            </path>
          ))}
          {graph.nodes.map((node) => (
            <g key={`${node.side} ${node.name}`}>
              <rect
                x={node.x}
                y={node.y}
                width={node.width}
                height={node.height}
                fill={node.color}
              />
              <text
                x={node.side === 'from' ? node.x + node.width + 8 : node.x - 8}
                y={node.y + node.height / 2}
                text-anchor={node.side === 'from' ? 'start' : 'end'}
              >
                {shortened(node.name)}
              </text>
            </g>
          ))}
        </svg>
      </div>
    </figure>
  )
}

function shortened(name: string): string {
  const text = visible(name)
  return text.length > 36 ? `${text.slice(0, 35)}…` : text
}

function layOut(links: readonly Link[], width: number) {
  const froms = [...new Set(links.map(({ from }) => from))]
  const tos = [...new Set(links.map(({ to }) => to))]
  const nodes: Node[] = [
    ...froms.map((name) => ({ name, side: 'from' as const })),
    ...tos.map((name) => ({ name, side: 'to' as const })),
  ]
  const height = Math.max(160, Math.min(720, Math.max(froms.length, tos.length) * 34))
  if (links.length === 0) return { height, nodes: [], links: [] }
  const layout = sankey<Node, { key: string }>()
    .nodeWidth(10)
    .nodePadding(10)
    .nodeAlign(sankeyJustify)
    .extent([
      [1, 4],
      [Math.max(2, width - 1), height - 4],
    ])
  const placed = layout({
    nodes,
    links: links.map(({ from, to, value }) => ({
      source: froms.indexOf(from),
      target: froms.length + tos.indexOf(to),
      value,
      key: `${from} ${to}`,
    })),
  })
  const path = sankeyLinkHorizontal<Node, { key: string }>()
  return {
    height,
    nodes: placed.nodes.map((node, index) => ({
      name: node.name,
      side: node.side,
      x: node.x0 ?? 0,
      y: node.y0 ?? 0,
      width: (node.x1 ?? 0) - (node.x0 ?? 0),
      height: Math.max(1, (node.y1 ?? 0) - (node.y0 ?? 0)),
      // Of where it comes from; where it goes to is told by place.
      color: node.side === 'from' ? colorOf(index) : otherColor,
    })),
    links: placed.links.map((link, index) => ({
      key: link.key,
      from: links[index]!.from,
      to: links[index]!.to,
      value: link.value,
      path: path(link) ?? '',
      width: Math.max(1, link.width ?? 1),
      color: colorOf(froms.indexOf(links[index]!.from)),
    })),
  }
}
