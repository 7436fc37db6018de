export interface Health {
  /** Of the API; the console is of the same. */
  version: string
  migrations: number
  /** Null until it is known. */
  storage: {
    bytes: number
    budget_bytes: number | null
    days_kept: number
    /** Null without a budget. */
    days_left: number | null
  } | null
  demo: boolean
}
