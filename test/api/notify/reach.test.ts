import { expect, test } from 'vitest'
import { findTarget, Unreachable } from '../../../api/notify/reach.ts'
import { parsePrefix } from '../../../rules/configuration/prefix.ts'

const allowed = (...texts: string[]) => texts.map((text) => parsePrefix(text)!)
/** As a browser and Node read it from a URL. */
const hostOf = (url: string) => new URL(url).hostname

test.each([
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0177.0.0.1/',
  'https://0x7f.1/',
  'https://127.0.0.1./',
  'https://①②⑦.⓪.⓪.①/',
  'https://localhost/',
  'https://0/',
  'https://10.0.0.1/',
  'https://100.64.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://100.100.100.200/latest/meta-data/',
  'https://172.31.255.255/',
  'https://192.168.1.1/',
  'https://192.0.2.1/',
  'https://198.18.0.1/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[::127.0.0.1]/',
  'https://[::ffff:0:7f00:1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[64:ff9b:1::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[2001:0:7f00:1::]/',
  'https://[2001:db8::1]/',
  'https://[fc00::1]/',
  'https://[fd00:ec2::254]/',
  'https://[fe80::1]/',
  'https://[fec0::1]/',
  'https://[ff02::1]/',
  'https://[100::1]/',
])('%s is refused', async (url) => {
  await expect(findTarget(hostOf(url), [])).rejects.toThrow(/NETMON_NOTIFY_NETWORKS/)
})

test('a name is refused when any of its addresses is private, and what was checked is what is answered', async () => {
  const resolve = async () => ['198.41.0.4', '10.0.0.1']
  await expect(findTarget('rebinding.example', [], resolve)).rejects.toThrow(Unreachable)
  let asked = 0
  const answers = [['198.41.0.4'], ['127.0.0.1']]
  const target = await findTarget('rebinding.example', [], async () => answers[asked++]!)
  expect(target).toEqual({ address: '198.41.0.4', family: 4, isAllowed: false })
  expect(asked).toBe(1)
})

test('public addresses of both families are fine; private ones where they are allowed', async () => {
  expect(await findTarget('198.41.0.4', [])).toMatchObject({ family: 4, isAllowed: false })
  expect(await findTarget('[2620:0:2d0:200::7]', [])).toMatchObject({
    address: '2620:0:2d0:200::7',
    family: 6,
  })
  const inside = allowed('10.0.0.0/8')
  expect(await findTarget('10.1.2.3', inside)).toMatchObject({ isAllowed: true })
  expect(await findTarget('[::ffff:10.1.2.3]', inside)).toMatchObject({ address: '10.1.2.3' })
  await expect(findTarget('11.0.0.1', allowed('11.0.0.0/32'))).resolves.toMatchObject({
    isAllowed: false,
  })
})

test('a name that does not exist says so', async () => {
  const resolve = () => Promise.reject(new Error('ENOTFOUND secret.internal'))
  await expect(findTarget('nowhere.example', [], resolve)).rejects.toThrow(
    'nowhere.example cannot be looked up',
  )
})
