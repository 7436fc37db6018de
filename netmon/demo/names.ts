// Names and countries of the networks that the demo plays, as files of the form that real ones have.

import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { attackerCount, firstAttacker, firstRemoteAs, ownAs, remoteCount } from './network.ts'

const places = ['Harbour', 'Summit', 'Meadow', 'Lantern', 'Granite', 'Willow', 'Beacon', 'Prairie']
const trades = ['Transit', 'Cloud', 'Broadband', 'Hosting', 'Mobile']
const countries = ['NL', 'DE', 'GB', 'US', 'FR', 'SE', 'PL', 'BR', 'JP', 'IN', 'ZA']

/** Writes both files into `directory`; answers the settings that name them. */
export async function writeDemoNames(directory: string): Promise<Record<string, string>> {
  const asNames = path.join(directory, 'as-names.csv')
  const ranges = path.join(directory, 'countries.csv')
  const remote = Array.from({ length: remoteCount }, (_, index) => ['198.18', index] as const)
  const attackers = Array.from(
    { length: attackerCount },
    (_, index) => ['198.19', firstAttacker + index] as const,
  )
  const networks = [...remote, ...attackers]
  const countryOf = (index: number) => countries[(index * 7) % countries.length]!
  await writeFile(
    asNames,
    [
      `${ownAs},Own Network,NL`,
      ...networks.map(([, index]) => {
        const name = `${places[index % places.length]} ${trades[index % trades.length]}`
        return `${firstRemoteAs + index},${name},${countryOf(index)}`
      }),
      '',
    ].join('\n'),
  )
  await writeFile(
    ranges,
    [
      ...networks.map(
        ([net, index]) => `${net}.${index}.0,${net}.${index}.255,${countryOf(index)}`,
      ),
      '203.0.113.0,203.0.113.255,NL',
      '',
    ].join('\n'),
  )
  return { NETMON_AS_NAMES: asNames, NETMON_COUNTRIES: ranges }
}
