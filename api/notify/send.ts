// Sends one notice through one channel.

import { isIP } from 'node:net'
import { createTransport } from 'nodemailer'
import type { Prefix } from '../../rules/configuration/prefix.ts'
import type { Channel } from './channel.ts'
import { type Mail, mailOf, pagerdutyPost, slackPost, webhookPost } from './messages.ts'
import type { Notice } from './notice.ts'
import { post } from './post.ts'
import { findTarget, Unreachable } from './reach.ts'

/**
 * Answers what the other side said.
 * @throws Unreachable, or the error of the connection: it may have arrived all the same.
 */
export type SendNotice = (channel: Channel, notice: Notice, signal: AbortSignal) => Promise<string>

const smtpTimeoutMs = 10_000

/** `allowed` are networks that are not public, and yet may be reached. */
export function createSend(allowed: readonly Prefix[], now: () => number): SendNotice {
  return async (channel, notice, signal) => {
    switch (channel.type) {
      case 'webhook':
        return post(webhookPost(channel, notice, now()), allowed, signal)
      case 'slack':
        return post(slackPost(channel, notice), allowed, signal)
      case 'pagerduty':
        return post(pagerdutyPost(channel, notice), allowed, signal)
      case 'email':
        return sendMail(channel, mailOf(channel, notice), allowed)
    }
  }
}

async function sendMail(
  { host, port, security, user, password }: Extract<Channel, { type: 'email' }>,
  { from, to, subject, text, messageId, references, headers }: Mail,
  allowed: readonly Prefix[],
): Promise<string> {
  const target = await findTarget(host, allowed)
  if (security === 'none' && !target.isAllowed) {
    throw new Unreachable('mail goes in the clear only inside of NETMON_NOTIFY_NETWORKS')
  }
  const transport = createTransport({
    // The address that was checked; the certificate is of the name.
    host: target.address,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(isIP(host) === 0 && { tls: { servername: host } }),
    ...(user !== null && { auth: { user, pass: password ?? '' } }),
    connectionTimeout: smtpTimeoutMs,
    greetingTimeout: smtpTimeoutMs,
    socketTimeout: smtpTimeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    const sent = await transport.sendMail({
      from,
      to: [...to],
      subject,
      text,
      messageId,
      references,
      headers: { ...headers },
    })
    // When all are refused it throws; to send it again for some would send it twice to the others.
    return `accepted for ${sent.accepted.length} of ${to.length}`
  } finally {
    transport.close()
  }
}
