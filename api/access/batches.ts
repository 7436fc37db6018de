/**
 * Rows that come while an insert is under way go into the next one together: of many requests at once, few statements.
 * @param insert of all or none; its failure is that of each of its rows
 */
export function createBatches<Row>(
  insert: (rows: readonly Row[]) => Promise<void>,
  mostRows: number,
): (row: Row) => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  let open: { rows: Row[]; inserted: Promise<void> } | undefined
  return (row) => {
    if (open === undefined || open.rows.length >= mostRows) {
      const rows: Row[] = []
      const inserted = last.then(() => {
        if (open?.rows === rows) open = undefined
        return insert(rows)
      })
      last = inserted.catch(() => undefined)
      open = { rows, inserted }
    }
    open.rows.push(row)
    return open.inserted
  }
}
