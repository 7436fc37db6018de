// Names out of files that the operator has: what AS numbers are called, and which countries addresses are of. docs/configuration.md tells the
// forms that are read and where such files come from.

import { open } from 'node:fs/promises'
import { codeOf, UserError } from '../../runtime/errors.ts'
import { parseAddress } from '../../runtime/ip.ts'

export interface NameLists {
  /** `Example Networks, NL`; undefined when the list does not have it. */
  asName(number: number): string | undefined
  /** In English: `Netherlands`. */
  countryOf(address: string): string | undefined
}

export const noLists: NameLists = { asName: () => undefined, countryOf: () => undefined }

const countryNames = new Intl.DisplayNames('en', { type: 'region' })

/** Twice as many as there are. */
const mostNames = 250_000
const mostRanges = 2_000_000
const longestName = 256

/** Either file may be left out, and both may be the same one. @throws UserError for a file that cannot be read, or tells nothing. */
export async function readNameLists(files: {
  asNames: string | undefined
  countries: string | undefined
}): Promise<NameLists> {
  const names = files.asNames === undefined ? undefined : await readAsNames(files.asNames)
  const ranges = files.countries === undefined ? undefined : await readCountries(files.countries)
  return {
    asName: (number) => names?.get(number),
    countryOf: (address) => {
      const code = ranges?.find(address)
      return code === undefined ? undefined : (countryNames.of(code) ?? code)
    },
  }
}

async function readAsNames(file: string): Promise<ReadonlyMap<number, string>> {
  const names = new Map<number, string>()
  await readLines('NETMON_AS_NAMES', file, (line) => {
    const read = readAsName(line)
    if (read !== undefined && names.size < mostNames) names.set(read.number, read.name)
  })
  if (names.size === 0) throw tellsNothing('NETMON_AS_NAMES', file, '64500,Example Networks,NL')
  return names
}

/**
 * One line of: `number,name[,country]`; `number name, country` as RIPE has it; or of a range of addresses with its AS, `start,end,number,name` or, with
 * tabs, `start end number country name`. Undefined for any other.
 */
export function readAsName(line: string): { number: number; name: string } | undefined {
  const fields = fieldsOf(line)
  const [first = '', second = '', third = '', fourth = '', fifth] = fields
  if (isNumber(first)) return named(first, second, third)
  if (parseAddress(first) !== undefined && isNumber(third)) {
    return fifth === undefined ? named(third, fourth, '') : named(third, fifth, fourth)
  }
  const spaced = /^(?:AS)?(\d{1,10})\s+(.+?)(?:,\s*([A-Z]{2}))?$/.exec(line)
  return spaced === null ? undefined : named(spaced[1]!, spaced[2]!, spaced[3] ?? '')
}

function isNumber(text: string): boolean {
  return /^(?:AS)?\d{1,10}$/.test(text)
}

function named(numberText: string, nameText: string, country: string) {
  const number = Number(numberText.replace(/^AS/, ''))
  const name = nameText.trim().slice(0, longestName)
  // 0 stands for "unknown" (RFC 7607).
  if (number === 0 || number > 0xffffffff || name === '' || name === 'Not routed') return undefined
  return { number, name: isCountry(country) ? `${name}, ${country}` : name }
}

function isCountry(text: string): boolean {
  return /^[A-Z]{2}$/.test(text)
}

/** Ranges that do not overlap, in the order of their starts, as 16 bytes each: IPv4 mapped, so below all of IPv6 that is in use. */
export class CountryRanges {
  readonly #bounds: Buffer
  readonly #countries: readonly string[]

  constructor(bounds: Buffer, countries: readonly string[]) {
    this.#bounds = bounds
    this.#countries = countries
  }

  find(address: string): string | undefined {
    const wanted = wideAddress(address)
    if (wanted === undefined) return undefined
    let low = 0
    let high = this.#countries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#bounds.compare(wanted, 0, 16, middle * 32, middle * 32 + 16) <= 0) low = middle + 1
      else high = middle
    }
    const at = (low - 1) * 32
    if (at < 0 || this.#bounds.compare(wanted, 0, 16, at + 16, at + 32) < 0) return undefined
    return this.#countries[low - 1]
  }
}

async function readCountries(file: string): Promise<CountryRanges> {
  const bounds: Uint8Array[] = []
  const countries: string[] = []
  let before: Uint8Array | undefined
  await readLines('NETMON_COUNTRIES', file, (line) => {
    const [first = '', last = '', third = '', fourth = ''] = fieldsOf(line)
    const country = isCountry(third) ? third : fourth
    const [start, end] = [wideAddress(first), wideAddress(last)]
    if (start === undefined || end === undefined || !isCountry(country)) return
    if (countries.length >= mostRanges) return
    if (before !== undefined && Buffer.compare(start, before) <= 0) {
      throw new UserError(
        `NETMON_COUNTRIES: ${file} is not in the order of its addresses at ${first}: sort it, IPv4 first`,
      )
    }
    before = end
    bounds.push(start, end)
    // One text for all ranges of a country.
    countries.push(country)
  })
  if (countries.length === 0) {
    throw tellsNothing('NETMON_COUNTRIES', file, '203.0.113.0,203.0.113.255,NL')
  }
  return new CountryRanges(Buffer.concat(bounds), countries)
}

function wideAddress(text: string): Uint8Array | undefined {
  const bytes = parseAddress(text)
  if (bytes === undefined || bytes.length === 16) return bytes
  const wide = new Uint8Array(16)
  wide.set([0xff, 0xff], 10)
  wide.set(bytes, 12)
  return wide
}

/** Of a line with tabs, else of one with commas, where a field may stand in quotation marks (RFC 4180). */
function fieldsOf(line: string): string[] {
  if (line.includes('\t')) return line.split('\t')
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain = '']) =>
    quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'),
  )
}

async function readLines(
  setting: string,
  file: string,
  take: (line: string) => void,
): Promise<void> {
  try {
    const handle = await open(file)
    for await (const line of handle.readLines()) if (line.length < 4096) take(line)
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`${setting}: cannot read ${file} (${codeOf(error) ?? 'unreadable'})`, 2)
  }
}

function tellsNothing(setting: string, file: string, example: string): UserError {
  return new UserError(`${setting}: no line of ${file} is like ${example}`, 2)
}
