/** Whose meaning a few values have: ours, or `goflow2`'s where that differs. docs/protocols.md lists them. */
export type Compat = 'none' | 'goflow2'
