/**
 * CSV text (RFC 4180). Text that a spreadsheet would take for a formula gets an apostrophe before it: names come from the wire and from
 * people.
 */
export function csvText(
  rows: readonly (readonly (string | number | bigint | null | undefined)[])[],
): string {
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

function cell(value: string | number | bigint | null | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  const text = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
