// Whether several sockets can be bound to one port, so that the kernel spreads what comes over them (SO_REUSEPORT).

import type { Logger } from '../../runtime/log.ts'

const systems: readonly string[] = ['linux', 'freebsd', 'aix', 'sunos']

/** Node has had it for UDP since 22.12 and 23.1, for systems that balance (https://nodejs.org/api/dgram.html, `reusePort`). */
export function canSharePorts(version = process.versions.node, platform = process.platform) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const hasOption = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)
  return hasOption && systems.includes(platform)
}

/** How many workers there will be of those that were asked for; says so where it is one. */
export function workersFor(asked: number, log: Logger): number {
  if (asked === 1 || canSharePorts()) return asked
  log.warn(
    { asked, node: process.versions.node, platform: process.platform },
    'several workers need a system that spreads a port over sockets, such as Linux, and Node 22.12 or later: one worker receives. Use a newer Node, or several collectors among which exporters are divided',
  )
  return 1
}
