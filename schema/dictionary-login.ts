// A dictionary reads a table as a user of its own server: `default` without a password, unless it is told another one. Where `default` has a
// password, as it should, such a dictionary cannot be loaded, and with it nothing that is inserted; so it reads as whoever migrates.

import type { StoreAddress, StoreClient } from './client.ts'

const create = /^((?:\s|--[^\n]*\n)*)CREATE DICTIONARY IF NOT EXISTS\b/

/** @returns undefined for the embedded engine, which has one user of its own, whatever the one is called that its front door asks for. */
export async function dictionaryLogin(
  client: StoreClient,
  { user, password }: StoreAddress,
): Promise<Login | undefined> {
  const result = await client.query({
    query: 'SELECT currentUser() AS user',
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ user: string }>()
  return row?.user === user ? { user, password } : undefined
}

export interface Login {
  user: string
  password: string
}

/** The statement that makes a dictionary, or makes it anew when its login has changed; undefined for statements of other things. */
export function dictionaryStatement(statement: string, login: Login): string | undefined {
  if (!create.test(statement)) return undefined
  return statement
    .replace(create, '$1CREATE OR REPLACE DICTIONARY')
    .replace(
      'SOURCE(CLICKHOUSE(',
      () => `SOURCE(CLICKHOUSE(USER ${literal(login.user)} PASSWORD ${literal(login.password)} `,
    )
}

function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
