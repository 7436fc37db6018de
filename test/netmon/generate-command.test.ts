import { createSocket } from 'node:dgram'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { generateCommand } from '../../netmon/generate/command.ts'
import { UserError } from '../../runtime/errors.ts'

async function run(args: string[], signal = new AbortController().signal) {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const exitCode = await generateCommand(args, { stdout, stderr, signal })
  return { exitCode, stdout: await text(stdout.end()), stderr: await text(stderr.end()) }
}

async function usageError(args: string[]): Promise<string> {
  const error = await run(args).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(UserError)
  expect((error as UserError).exitCode).toBe(2)
  expect((error as UserError).message).not.toContain('\n')
  return (error as UserError).message
}

/** A port that swallows what it gets, for the length of `use`. */
async function withPort<T>(use: (port: string) => Promise<T>): Promise<T> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  try {
    return await use(String(socket.address().port))
  } finally {
    socket.close()
  }
}

describe('netmon generate', () => {
  it('shows every flag with its unit and default', async () => {
    const { exitCode, stdout } = await run(['--help'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/--target HOST:PORT .*\[127\.0\.0\.1:2055\]/)
    expect(stdout).toMatch(/--rate FLOWS\/S .*\[1000, of a flood 100\]/)
    expect(stdout).toMatch(/--duration SECONDS /)
    expect(stdout).toMatch(/--ipv6 SHARE .*\[0\]/)
  })

  it('prints a summary for people', async () => {
    const { exitCode, stdout, stderr } = await withPort((port) =>
      run(['--target', `127.0.0.1:${port}`, '--flows', '120', '--rate', '0', '--announce', '0']),
    )
    expect(exitCode).toBe(0)
    expect(stderr).toBe('')
    const lines = stdout.split('\n').map((line) => line.split(/ {2,}/))
    expect(lines[0]).toEqual([
      'router',
      'agent',
      'protocol',
      'announces',
      'datagrams',
      'flows',
      'packets',
      'bytes',
    ])
    // A round is 30 + 15 + 15 + 4 flows; what is left of 120 after one is 56.
    expect(lines[1]!.slice(0, 6)).toEqual(['127.1.0.1', '-', 'v5', 'nothing', '2', '60'])
    expect(lines[4]!.slice(0, 6)).toEqual([
      '127.1.0.4',
      '127.1.0.4',
      'sflow',
      '1 in 1000',
      '1',
      '4',
    ])
    expect(stdout).toMatch(/^total +7 +120 /m)
    expect(stdout).toMatch(/^completed after [\d.]+ s/m)
    expect(stdout).toMatch(/^flow numbers: 0 to 119$/m)
  })

  it('prints a summary for programs', async () => {
    const { stdout } = await withPort((port) =>
      run([
        ...['--target', `127.0.0.1:${port}`, '--flows', '100', '--rate', '0', '--format', 'json'],
        ...['--protocols', 'v5,sflow', '--agent', '192.0.2.1', '--sampling-rate', '500'],
      ]),
    )
    const summary = JSON.parse(stdout)
    // Rounds of 30 + 4 flows: two whole ones, 30 more and 2.
    expect(summary).toMatchObject({
      outcome: 'completed',
      first_flow: 0,
      last_flow: 99,
      totals: { datagrams: 6, flows: 100 },
      protocols: { v5: { datagrams: 3, flows: 90 }, sflow: { datagrams: 3, flows: 10 } },
      failed: { datagrams: 0, flows: 0, reasons: {} },
    })
    expect(summary.routers).toMatchObject([
      { address: '127.1.0.1', agent: null, protocol: 'v5', announced_sampling_rate: 500 },
      { address: '127.1.0.2', agent: '192.0.2.2', protocol: 'sflow', sampling_rate: 500 },
    ])
    const bytes: number[] = summary.routers.map((router: { bytes: number }) => router.bytes)
    expect(summary.totals.bytes).toBe(bytes[0]! + bytes[1]!)
    expect(summary.totals.estimated_bytes).toBe(String(summary.totals.bytes * 500))
  })

  it('prints the summary of a run that was stopped', async () => {
    const { exitCode, stdout } = await withPort((port) =>
      run(['--target', `127.0.0.1:${port}`], AbortSignal.abort()),
    )
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^stopped after 0\.0 s/m)
    expect(stdout).toMatch(/^flow numbers: none$/m)
  })

  it('looks the name of a target up', async () => {
    const { exitCode, stdout } = await withPort((port) =>
      run(['--target', `localhost:${port}`, '--flows', '10', '--rate', '0']),
    )
    expect(exitCode).toBe(0)
    expect(stdout).toContain('to 127.0.0.1 port')
  })

  it('says when not all could be sent, with exit code 1', async () => {
    const { exitCode, stdout } = await withPort((port) =>
      run([
        '--target',
        `127.255.255.255:${port}`,
        '--flows',
        '30',
        '--rate',
        '0',
        '--protocols',
        'v5',
      ]),
    )
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^NOT sent, .* 1 datagrams, 30 flows \(EACCES 1\)$/m)
  })

  it('refuses an address that is not this machine with one line that says what to do', async () => {
    const args = ['--target', '203.0.113.2:2055', '--source', '203.0.113.1', '--flows', '1']
    const error = await run(args).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UserError)
    expect((error as UserError).exitCode).toBe(1)
    expect((error as UserError).message).toMatch(
      /^router 1 cannot bind 203\.0\.113\.1 \(.*EADDRNOTAVAIL.*--source/,
    )
  })

  it.each([
    [['--nonsense'], /'--nonsense'.*--help/],
    [['extra'], /'extra'/],
    [['--flows'], /--flows/],
    [['--target', '127.0.0.1'], /--target expects HOST:PORT/],
    [['--target', '127.0.0.1:0'], /--target expects a port from 1 to 65535/],
    [['--target', '127.0.0.1:65536'], /--target expects a port/],
    [['--target', '[::1]:2055'], /--target ::1 cannot be reached from router address 127\.1\.0\.1/],
    [['--target', '192.0.2.1:2055'], /--target 192\.0\.2\.1 cannot be reached/],
    [['--protocols', 'v5,v7'], /--protocols expects v5, v9, ipfix or sflow, not "v7"/],
    [['--protocols', ''], /--protocols/],
    [['--routers', '0'], /--routers/],
    [['--routers', '1.5'], /--routers/],
    [['--routers', '2'], /--routers 2 is too few/],
    [['--rate', '-1'], /--rate/],
    [['--rate', 'fast'], /--rate expects a number, not "fast"/],
    [['--flows', '0'], /--flows/],
    [['--flows', '5', '--duration', '5'], /exclude each other/],
    [['--duration', '0'], /--duration/],
    [['--seed', '4294967296'], /--seed/],
    [['--ipv6', '1.1'], /--ipv6/],
    [['--ipv6', '0.5', '--protocols', 'v5'], /--ipv6 needs another protocol/],
    [['--announce', '2'], /--announce expects a share from 0 to 1/],
    [['--announce', '127.9.9.9'], /--announce names "127\.9\.9\.9"/],
    [['--sampling-rate', '0'], /--sampling-rate/],
    [['--sampling-rate', '16384'], /--sampling-rate .* \(NetFlow v5 goes no further\)/],
    [['--flows-per-datagram', '31'], /--flows-per-datagram/],
    [['--source', 'here'], /--source expects an IP address, not "here"/],
    [['--source', '255.255.255.254'], /--source 255\.255\.255\.254 leaves no room/],
    [['--agent', '1.2.3'], /--agent/],
    [['--scenario', 'quake'], /--scenario expects steady or flood/],
    [['--scenario', 'flood'], /needs a --victim/],
    [['--victim', '203.0.113.9'], /--victim belongs to --scenario flood/],
    [['--format', 'xml'], /--format expects text or json/],
  ])('refuses %j', async (args, message) => {
    expect(await usageError(args)).toMatch(message)
  })
})
