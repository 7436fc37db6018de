export interface Health {
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
