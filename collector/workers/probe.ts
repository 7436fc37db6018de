import type { Logger } from '../../runtime/log.ts'
import type { Endpoint } from '../../runtime/setting.ts'
import { openReceiver } from '../receive/udp.ts'

/**
 * Workers' sockets may share their port with any other of this user's, a second collector's as well, which would get a part of the datagrams and nobody would notice. So each
 * address is bound alone first. @throws UserError when somebody has it.
 */
export async function refuseTaken(endpoint: Endpoint, log: Logger): Promise<void> {
  if (endpoint.port === 0) return
  const alone = await openReceiver([endpoint], () => {}, log)
  await alone.close(0)
}
