import { expect, test } from 'vitest'
import { startCommand, startProcess, waitFor } from 'testing'

const talk = new URL('./programs/talk.ts', import.meta.url)

test('lines of both outputs are collected, and a line can be waited for', async () => {
  await using program = await startProcess(talk, ['a', 'b'])
  expect(await program.line('ready')).toBe('ready a b')
  program.input.write('one\ntwo\n')
  expect(await program.line(/^heard t/)).toBe('heard two')
  expect(program.lines).toEqual(['ready a b', 'heard one', 'heard two'])
  await waitFor(() => program.errorLines.includes('to stderr'))
})

test('a process that ends tells its exit code, and waiting for a line that never came is refused', async () => {
  await using program = await startProcess(talk)
  await program.line('ready')
  program.input.write('exit 3\n')
  await expect(program.line('never')).rejects.toThrow(/"code":3.*line with never/)
  expect(await program.exited).toEqual({ code: 3, signal: null })
  expect(program.kill()).toBe(false)
})

test('the scope ends the process', async () => {
  let exited
  {
    await using program = await startProcess(talk)
    exited = program.exited
    expect(program.end).toBeUndefined()
  }
  expect(await exited).toEqual({ code: null, signal: 'SIGKILL' })
})

test('the environment can be extended and reduced', async () => {
  const print = 'process.stdout.write(`${process.env.ADDED} ${process.env.HOME}\\n`)'
  await using program = await startCommand(process.execPath, ['-e', print], { env: { ADDED: 'yes', HOME: undefined } })
  expect(await program.line('yes')).toBe('yes undefined')
})

test('a command that does not exist is refused', async () => {
  await expect(startCommand('/no/such/program')).rejects.toThrow('ENOENT')
})
