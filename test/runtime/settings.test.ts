import { expect, test } from 'vitest'
import { readSettings } from '../../runtime/settings.ts'

test('without flags and variables every setting has its documented default', () => {
  const settings = readSettings({})
  expect(settings.dataDir).toBe('./data')
  expect(settings.listen).toEqual([
    { host: '', port: 2055 },
    { host: '', port: 4739 },
    { host: '', port: 6343 },
  ])
  expect(settings.storePort).toBe(8123)
  expect(settings.apiPort).toBe(8090)
  expect(settings.anonymous).toBe(false)
  expect(settings.clickhouseUrl).toBeUndefined()
})

test('a flag wins over a variable, a variable over the default', () => {
  const environment = { NETMON_API_PORT: '9000', NETMON_STORE_PORT: '9001' }
  const settings = readSettings(environment, { apiPort: '9002' })
  expect(settings.apiPort).toBe(9002)
  expect(settings.storePort).toBe(9001)
})

test('IPv6 addresses to listen on stand in brackets', () => {
  const { listen } = readSettings({ NETMON_LISTEN: 'udp://[::1]:2055, udp://127.0.0.1:0' })
  expect(listen).toEqual([
    { host: '::1', port: 2055 },
    { host: '127.0.0.1', port: 0 },
  ])
})

test.each([
  ['NETMON_LISTEN', '2055', /NETMON_LISTEN expects addresses such as udp:/],
  ['NETMON_LISTEN', 'tcp://:2055', /not "tcp:/],
  ['NETMON_LISTEN', 'udp://:70000', /NETMON_LISTEN expects/],
  ['NETMON_API_PORT', 'http', /NETMON_API_PORT expects a port, 0 to 65535, not "http"/],
  ['NETMON_API_HOSTS', 'api:8090', /NETMON_API_HOSTS expects host names without port/],
  ['NETMON_API_HOSTS', '', /NETMON_API_HOSTS expects host names/],
  ['NETMON_SINK', 'files', /one of clickhouse, kafka, stdout/],
  ['NETMON_CLICKHOUSE_DATABASE', 'a; drop', /letters, digits and _/],
])('%s=%s is an error of usage that names what is expected', (name, value, message) => {
  expect(() => readSettings({ [name]: value })).toThrow(message)
  expect(() => readSettings({ [name]: value })).toThrow(expect.objectContaining({ exitCode: 2 }))
})

test('an unknown NETMON_ variable is an error that names it; others are none of ours', () => {
  expect(() => readSettings({ NETMON_LISTENS: 'x' })).toThrow(/^NETMON_LISTENS is not a setting/)
  expect(readSettings({ HOME: '/root' }).apiPort).toBe(8090)
})

test('a token that is refused is not repeated in the message', () => {
  expect(() => readSettings({ NETMON_API_TOKEN: 'short' })).toThrow(/NETMON_API_TOKEN expects/)
  expect(() => readSettings({ NETMON_API_TOKEN: 'short' })).not.toThrow(/short/)
})
