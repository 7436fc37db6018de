import { parseArgs } from 'node:util'
import { messageOf, UserError } from '../runtime/errors.ts'
import {
  describeSettings,
  readSettings,
  type SettingName,
  settingFlags,
} from '../runtime/settings.ts'
import { commands, type SettingsCommand } from './commands.ts'

/** Runs `netmon ARGS`; sets the process's exit code: 1 when it cannot be done, 2 when it was called wrongly. */
export async function main(args: string[]): Promise<void> {
  try {
    const exitCode = await dispatch(args)
    if (exitCode !== undefined) process.exitCode = exitCode
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    process.stderr.write(`netmon: ${error.message}\n`)
    process.exitCode = error.exitCode
  }
}

async function dispatch(args: string[]): Promise<number | undefined> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview())
    return name === undefined ? 2 : 0
  }
  const command = commands.get(name)
  if (command === undefined) {
    throw new UserError(
      `there is no command ${JSON.stringify(name)}; the commands are ${[...commands.keys()].join(', ')}`,
      2,
    )
  }
  if ('runArguments' in command) return command.runArguments(rest)
  const { values, positionals } = parse(name, command, rest)
  if (values['help'] === true) {
    process.stdout.write(help(name, command))
    return 0
  }
  const given: Partial<Record<SettingName, string>> = {}
  for (const setting of command.settings) {
    const value = values[flagOf(setting)]
    if (typeof value === 'string') given[setting] = value
  }
  return command.run({ settings: readSettings(process.env, given), given, values, positionals })
}

function parse(name: string, command: SettingsCommand, args: string[]) {
  const options: Record<string, { type: 'string' | 'boolean' }> = {
    help: { type: 'boolean' },
    ...command.flags,
  }
  for (const setting of command.settings) options[flagOf(setting)] = { type: 'string' }
  try {
    return parseArgs({
      args,
      options,
      strict: true,
      allowPositionals: command.positionals !== undefined,
    })
  } catch (error) {
    throw new UserError(
      `${messageOf(error).split(/\.\s/)[0]}; \`netmon ${name} --help\` lists what there is`,
      2,
    )
  }
}

function flagOf(setting: SettingName): string {
  for (const [flag, name] of settingFlags) if (name === setting) return flag
  throw new Error(`setting ${setting} has no flag`)
}

function overview(): string {
  const lines = [...commands].map(
    ([name, command]) => `  netmon ${name.padEnd(12)} ${command.summary}`,
  )
  return `Usage: netmon COMMAND [FLAGS]\n\n${lines.join('\n')}\n\n\`netmon COMMAND --help\` explains one.\n`
}

function help(name: string, command: SettingsCommand): string {
  const own = Object.entries(command.flags ?? {}).map(
    ([flag, { help }]) => `  ${`--${flag}`.padEnd(22)} ${''.padEnd(28)} ${help}\n`,
  )
  return `Usage: netmon ${name} [FLAGS] ${command.positionals ?? ''}\n\n${command.summary}\n\n${own.join('')}${describeSettings(command.settings)}\n`
}
