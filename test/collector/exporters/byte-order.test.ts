import { expect, test } from 'vitest'
import { createByteOrders } from '../../../collector/exporters/byte-order.ts'
import { listedRouters, sourceAt } from '../../build/routers.ts'

test('a source is looked up once for each list of routers', () => {
  const routers = listedRouters({ '192.0.2.1': { sampling_byte_order: 'little' }, '192.0.2.2': {} })
  const isLittleEndian = createByteOrders(routers)
  const mikrotik = sourceAt('192.0.2.1')
  const other = sourceAt('192.0.2.2')
  const unknown = sourceAt('192.0.2.3')
  for (let i = 0; i < 3; i++) {
    expect([mikrotik, other, unknown].map(isLittleEndian)).toEqual([true, false, false])
  }
  expect(routers.looked).toBe(3)
  routers.set({ '192.0.2.3': { sampling_byte_order: 'little' } })
  for (let i = 0; i < 3; i++) {
    expect([mikrotik, other, unknown].map(isLittleEndian)).toEqual([false, false, true])
  }
  expect(routers.looked).toBe(6)
})
