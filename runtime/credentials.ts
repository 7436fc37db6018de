// How the parts of one machine find the embedded store: DATA_DIR/credentials, readable by its owner alone.

import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { codeOf, messageOf, UserError } from './errors.ts'
import { writeFileAtomic } from './files.ts'

const credentialsSchema = z.object({
  url: z.url(),
  user: z.string().min(1),
  password: z.string().min(16),
})

export type Credentials = z.infer<typeof credentialsSchema>

/** The store's credentials, or undefined when the store was never started here. @throws UserError when the file cannot be read. */
export async function readCredentials(dataDir: string): Promise<Credentials | undefined> {
  const file = path.join(dataDir, 'credentials')
  let content: string
  try {
    content = await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new UserError(`cannot read the store's credentials in ${file}: ${messageOf(error)}`)
  }
  try {
    return credentialsSchema.parse(JSON.parse(content))
  } catch {
    throw new UserError(
      `${file} does not hold the store's credentials: move it away and start again, new ones are made`,
    )
  }
}

/** Keeps user and password if there are some, else makes them; writes down where the store listens now. */
export async function keepCredentials(dataDir: string, url: string): Promise<Credentials> {
  const known = await readCredentials(dataDir)
  const credentials =
    known?.url === url
      ? known
      : {
          url,
          user: known?.user ?? 'netmon',
          password: known?.password ?? randomBytes(24).toString('base64url'),
        }
  if (credentials !== known) {
    await writeFileAtomic(path.join(dataDir, 'credentials'), `${JSON.stringify(credentials)}\n`)
  }
  return credentials
}
