// The numbers of the graph, and its legend.

import { findField } from '../../api/traffic/fields.ts'
import { colorOf, otherColor } from '../chart/colors.ts'
import { formatAmount, formatShare, formatWhole } from '../format.ts'
import { type HostNames, useHostNames } from '../parts/host-names.tsx'
import { TableBox } from '../parts/table-box.tsx'
import { Text } from '../parts/text.tsx'
import {
  isAddress,
  rateUnits,
  type Series,
  type Side,
  type Timeseries,
  totalUnits,
} from '../traffic.ts'

interface SeriesTableProps {
  result: Timeseries
  onFilter(row: Series, dimensions: readonly string[], isWanted: boolean): void
}

export function SeriesTable({ result, onFilter }: SeriesTableProps) {
  const { dimensions, reverse } = result
  const addresses = [...result.rows, ...(reverse?.rows ?? [])].flatMap(({ key }) =>
    // A network has no name of its own in DNS.
    key.filter((text, index) => isAddress(dimensions[index]) && !text.includes('/')),
  )
  const { names: hosts, button } = useHostNames([...new Set(addresses)])
  const reversed = dimensions.map((name) => findField(name)?.reverse ?? name)
  return (
    <>
      <SideTable
        {...{ result, onFilter, dimensions, hosts }}
        side={result}
        caption={reverse === null ? 'What is shown' : 'Above the axis'}
      />
      {reverse !== null && (
        <SideTable
          {...{ result, onFilter, hosts }}
          dimensions={reversed}
          side={reverse}
          caption="Below the axis: the other direction"
        />
      )}
      {button}
    </>
  )
}

function SideTable(
  props: SeriesTableProps & {
    side: Side
    dimensions: readonly string[]
    caption: string
    hosts: HostNames
  },
) {
  const { result, side, dimensions, caption, onFilter, hosts } = props
  const { unit } = result
  const all = side.total.total
  return (
    <TableBox>
      <table>
        <caption class={result.reverse === null ? 'hidden' : ''}>{caption}</caption>
        <thead>
          <tr>
            {dimensions.map((name) => (
              <th scope="col" key={name}>
                {findField(name)?.title ?? name}
              </th>
            ))}
            {['Min', 'Avg', 'p95', 'Max', 'Last'].map((name) => (
              <th scope="col" class="number" key={name}>
                {name}
              </th>
            ))}
            <th scope="col" class="number">
              Total
            </th>
            <th scope="col" class="number">
              Share
            </th>
            <th scope="col">
              <span class="hidden">Filter</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {side.rows.map((row, index) => (
            <tr key={row.key.join(' ')}>
              {dimensions.map((name, column) => (
                <th scope="row" key={name}>
                  {column === 0 && <span class="swatch" style={{ background: colorOf(index) }} />}
                  <Key
                    text={row.key[column] ?? ''}
                    name={row.name[column] ?? null}
                    dimension={name}
                    {...hostOf(hosts, row.key[column])}
                  />
                </th>
              ))}
              <Numbers row={row} unit={unit} all={all} />
              <td class="end">
                <button
                  type="button"
                  class="quiet small"
                  title="Only this"
                  aria-label={`Only ${row.key.join(', ')}`}
                  onClick={() => onFilter(row, dimensions, true)}
                >
                  =
                </button>
                <button
                  type="button"
                  class="quiet small"
                  title="Without this"
                  aria-label={`Without ${row.key.join(', ')}`}
                  onClick={() => onFilter(row, dimensions, false)}
                >
                  ≠
                </button>
              </td>
            </tr>
          ))}
          {side.other !== null && (
            <tr>
              <th scope="row" colSpan={dimensions.length}>
                <span class="swatch" style={{ background: otherColor }} />
                Other
              </th>
              <Numbers row={side.other} unit={unit} all={all} />
              <td />
            </tr>
          )}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={Math.max(1, dimensions.length)}>
              Total
            </th>
            <Numbers row={side.total} unit={unit} all={all} />
            <td />
          </tr>
        </tfoot>
      </table>
    </TableBox>
  )
}

function Key(props: { text: string; name: string | null; dimension: string; host?: string }) {
  const { text, name, dimension, host } = props
  if (isAddress(dimension)) {
    const known = [host, name].filter((part) => part != null && part !== '').join(', ')
    return (
      <>
        <Text value={text} mono /> {known !== '' && <Text value={known} look="muted" />}
      </>
    )
  }
  if (name === null || name === '') return <Text value={text} mono />
  return (
    <>
      <Text value={name} /> <span class="muted mono">{text}</span>
    </>
  )
}

function hostOf(hosts: HostNames, address: string | undefined): { host?: string } {
  const host = hosts.get(address ?? '')
  return host === undefined ? {} : { host }
}

function Numbers(props: { row: Series; unit: Timeseries['unit']; all: number }) {
  const { row, unit, all } = props
  const rate = (value: number | null) =>
    value === null ? '–' : formatAmount(value, rateUnits[unit])
  return (
    <>
      {[row.min, row.avg, row.p95, row.max, row.last].map((value, index) => (
        <td class="number" key={index}>
          {rate(value)}
        </td>
      ))}
      <td class="number" title={`${formatWhole(row.total)} ${totalUnits[unit]}`}>
        {formatAmount(row.total, totalUnits[unit])}
      </td>
      <td class="number">{formatShare(all === 0 ? 0 : row.total / all)}</td>
    </>
  )
}
