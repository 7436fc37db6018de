import { messageOf } from '../runtime/errors.ts'

/** The store did not do what it was asked: it is away, or refused, or what it holds cannot be read. Trying again later may help. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

/** Runs what asks the store. @throws StoreError in place of whatever was thrown. */
export async function askStore<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof StoreError) throw error
    // Some of the store's messages are pages long; the first words tell what is wrong.
    const message = messageOf(error).replaceAll(/\s+/g, ' ').slice(0, 300)
    throw new StoreError(message || 'no answer', { cause: error })
  }
}
