// Where Cloudflare's shape is found, below whatever address its clients are pointed at.

import { z } from '@hono/zod-openapi'

export const accountPath = '/client/v4/accounts/{account_id}/mnm'

/** There is one account here, which clients may call anything. */
export const params = z.object({ account_id: z.string() })
export const oneParams = params.extend({ rule_id: z.string() })
