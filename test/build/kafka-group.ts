// A consumer group whose member has died: brokers wait for it as long as the member asked them to, 45 s in ClickHouse's case, before others may read.

import { Admin, leaveGroupV5 } from '@platformatic/kafka'

/** Tells the broker, which is alone in its cluster, that the members that there are now will not come back. */
export async function removeMembers(broker: string, groups: readonly string[]): Promise<void> {
  const admin = new Admin({ clientId: 'netmon-test', bootstrapBrokers: [broker] })
  try {
    const described = await admin.describeGroups({ groups: [...groups] })
    const connections = await admin.connectToBrokers()
    for (const connection of connections.values()) {
      for (const [group, { members }] of described) {
        const leaving = [...members.keys()].map((memberId) => ({ memberId, reason: 'died' }))
        if (leaving.length > 0) await leaveGroupV5.api.async(connection, group, leaving)
      }
    }
  } finally {
    await admin.close()
  }
}
