import { fileURLToPath } from 'node:url'
import { waitFor } from 'testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DisconnectedError, SpawnError } from '../src/errors.ts'
import { startLogServer } from '../src/log/forwarding.ts'
import { onLogRecord, setLogDisplay } from '../src/log/hub.ts'
import type { LogRecord } from '../src/log/LogRecord.ts'
import type { LogServer } from '../src/log/LogServer.ts'
import { isAlive } from './fixtures/isAlive.ts'
import { spawnProcess, type SpawnOptions } from '../src/spawn/spawnProcess.ts'

type Actions = typeof import('./fixtures/childActions.ts')

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))
const node = (...args: string[]) => ({ command: process.execPath, args: ['--conditions=nodeacq-source', ...args] })
const child = fileURLToPath(new URL('../src/child.ts', import.meta.url))
const withActions = node(child, '--import-root', fixture('.'))

let records: LogRecord[]
let stopListening: () => void
let server: LogServer

beforeEach(async () => {
  setLogDisplay(false)
  records = []
  stopListening = onLogRecord((record) => records.push(record))
  server = await startLogServer()
})
afterEach(async () => {
  stopListening()
  await server.close()
})

async function startWithActions(options: SpawnOptions = {}) {
  const spawned = await spawnProcess({ entry: withActions, ...options })
  const actions = await spawned.client.import<Actions>('childActions')
  return { spawned, actions, [Symbol.asyncDispose]: () => endOf(spawned) }
}

async function endOf(spawned: Awaited<ReturnType<typeof spawnProcess>>): Promise<void> {
  spawned.kill()
  await spawned.exited
}

async function failureOf(starting: Promise<unknown>): Promise<SpawnError> {
  const error = await starting.then(
    () => new Error('it started'),
    (reason: unknown) => reason
  )
  expect(error).toBeInstanceOf(SpawnError)
  return error as SpawnError
}

test('a spawned process serves until it is stopped, and ends with code 0', async () => {
  const spawned = await spawnProcess({ name: 'emg' })
  expect(spawned.name).toBe('emg')
  expect(spawned.address).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/)
  await spawned.client.ping()
  expect(spawned.poll()).toBeNull()
  expect(spawned.exit).toBeUndefined()
  const exit = await spawned.stop()
  expect(exit).toMatchObject({ code: 0, signal: null })
  expect(spawned.poll()).toBe(0)
  expect(await spawned.exited).toBe(exit)
  expect(await spawned.stop()).toBe(exit)
  expect(isAlive(spawned.pid)).toBe(false)
  expect(spawned.client.disconnected).toBe(true)
})

test('a process that something keeps alive ends all the same once its server is closed', async () => {
  await using started = await startWithActions()
  await started.actions.holdOn()
  expect(await started.spawned.stop()).toMatchObject({ code: 0, signal: null })
})

test('kill ends a process at once, and every pending call rejects', async () => {
  await using started = await startWithActions({ name: 'doomed' })
  const ends: unknown[] = []
  const pending = started.actions.wait(60_000)
  void started.spawned.exited.then((exit) => ends.push(exit))
  started.spawned.kill()
  await expect(pending).rejects.toThrow(DisconnectedError)
  expect(await started.spawned.exited).toMatchObject({ code: null, signal: 'SIGKILL' })
  expect(started.spawned.poll()).toBe(-9)
  expect(ends).toHaveLength(1)
  expect(await started.spawned.stop()).toMatchObject({ signal: 'SIGKILL' })
})

test('a process that is too busy to close is killed when the time is over', async () => {
  await using started = await startWithActions({ name: 'busy' })
  await started.actions.hang()
  await waitFor(() => started.spawned.lastLines.includes('hanging'))
  const exit = await started.spawned.stop({ timeout: 300 })
  expect(exit).toMatchObject({ code: null, signal: 'SIGKILL' })
  expect(records.map(({ msg }) => msg)).toContainEqual(
    expect.stringMatching(/^process 'busy' .*did not end within 300/)
  )
})

test('lines of a process become records of the parent and stand in the exit report', async () => {
  await using started = await startWithActions({ name: 'talker' })
  for (let i = 0; i < 60; i++) await started.actions.print(`line ${i}`)
  await started.actions.complain('électrode débranchée')
  await waitFor(() => records.some(({ msg }) => msg.includes('débranchée')))
  const lines = records.filter(({ name }) => /^pyacq\.core\.rpc\.processspawner\.\d+$/.test(name))
  expect(lines.map(({ msg }) => msg)).toEqual([
    ...Array.from({ length: 60 }, (_, i) => `[talker.stdout] line ${i}`),
    '[talker.stderr] électrode débranchée'
  ])
  expect(lines[0]).toMatchObject({ levelname: 'INFO', process: process.pid })
  expect(lines.at(-1)).toMatchObject({ levelname: 'WARNING' })
  const { lastLines } = await started.spawned.stop()
  expect(lastLines).toHaveLength(50)
  expect(lastLines.slice(-2)).toEqual(['line 59', 'électrode débranchée'])
})

test('an exception that nobody handles is a record, and the process ends with code 1 and its trace', async () => {
  const ended: number[] = []
  await using started = await startWithActions({ name: 'crasher', onExit: ({ code }) => ended.push(code ?? -1) })
  await started.actions.crash('sample rate 0')
  const exit = await started.spawned.exited
  expect(exit).toMatchObject({ code: 1, signal: null })
  expect(exit.lastLines.join('\n')).toContain('RangeError: sample rate 0\n    at ')
  expect(ended).toEqual([1])
  await waitFor(() => records.some(({ process_name }) => process_name === 'crasher'))
  const crash = records.find(({ process_name }) => process_name === 'crasher')
  expect(crash?.msg).toMatch(/^Unhandled exception:\n {4}RangeError: sample rate 0\n/)
  expect(crash).toMatchObject({ levelname: 'ERROR', process: started.spawned.pid })
  expect(records.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('ended unexpectedly with code 1'))
})

test('Ctrl-C in the terminal is left to the parent', async () => {
  await using started = await startWithActions()
  process.kill(started.spawned.pid, 'SIGINT')
  await started.spawned.client.ping()
  expect(await started.spawned.stop()).toMatchObject({ code: 0 })
})

test('the child gets what pyacq gives it: arguments, and a JSON object with its keys in order', async () => {
  const program = `
    console.log(JSON.stringify(process.argv.slice(1)))
    process.stdin.pipe(process.stdout).on('finish', () => undefined)
    process.stdin.on('end', () => (process.exitCode = 7))`
  const entry = { command: process.execPath, args: ['-e', program, '--'] }
  const { lastLines, command, message } = await failureOf(spawnProcess({ name: 'proc_x', entry, logLevel: 'warning' }))
  const [args, input] = lastLines
  expect(JSON.parse(args!)).toEqual(['-m', 'pyacq.core.rpc.bootstrap', 'proc_x'])
  expect(input).toMatch(
    /^\{"class_name": "RPCServer", "args": \{"address": "tcp:\/\/127\.0\.0\.1:\*"\}, "bootstrap_addr": "tcp:\/\/127\.0\.0\.1:\d+", "loglevel": 30, "logaddr": "tcp:\/\/127\.0\.0\.1:\d+", "qt": false\}$/
  )
  expect(command).toEqual([process.execPath, ...entry.args, '-m', 'pyacq.core.rpc.bootstrap', 'proc_x'])
  expect(message).toContain('ended before it was ready, with code 7')
  const { lastLines: unnamed } = await failureOf(spawnProcess({ entry, logAddress: server.address }))
  expect(JSON.parse(unnamed[0]!)).toEqual(['-m', 'pyacq.core.rpc.bootstrap'])
})

test('a child that is not ours is taken with all its copies of the status, and after something strange', async () => {
  const spawned = await spawnProcess({ name: 'python', entry: node(fixture('foreignChild.ts'), '--junk') })
  await spawned.client.ping()
  expect(records.filter(({ msg }) => msg.includes('no status'))).toHaveLength(2)
  expect(await spawned.stop()).toMatchObject({ code: 0, lastLines: ['foreign child started'] })
})

test('an error that a child reports rejects with its trace', async () => {
  const error = await failureOf(spawnProcess({ name: 'python', entry: node(fixture('foreignChild.ts'), '--error') }))
  expect(error.trace).toEqual([
    'Traceback (most recent call last):\n',
    'zmq.error.ZMQError: Cannot assign requested address\n'
  ])
  expect(error.message).toMatch(/^process 'python' .* reported an error\n {2}Traceback/)
})

test('a child whose server cannot start says why', async () => {
  const error = await failureOf(spawnProcess({ address: 'tcp://127.0.0.1:port' }))
  expect(error.trace.at(-1)).toMatch(/^AddressError: cannot listen on "tcp:\/\/127\.0\.0\.1:port"/)
})

test('a child listens beyond loopback only when it is told --insecure', async () => {
  const error = await failureOf(spawnProcess({ address: 'tcp://0.0.0.0:*' }))
  expect(error.trace.at(-1)).toMatch(/^InsecureAddressError: /)
  const entry = node(child, '--insecure', '--advertise', '127.0.0.1')
  const spawned = await spawnProcess({ address: 'tcp://0.0.0.0:*', entry })
  expect(spawned.address).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/)
  await spawned.stop()
})

test('a child that is not ready in time is killed, and its last lines are in the error', async () => {
  const entry = {
    command: process.execPath,
    args: ['-e', 'console.log(process.pid); setInterval(() => {}, 1000)', '--']
  }
  const error = await failureOf(spawnProcess({ name: 'slow', entry, startTimeout: 500 }))
  expect(error.message).toContain("process 'slow'")
  expect(error.message).toContain('was not ready within 500 ms')
  const pid = Number(error.lastLines[0])
  expect(pid).toBeGreaterThan(0)
  await waitFor(() => !isAlive(pid))
})

test('a program that is missing is an error with its name', async () => {
  const error = await failureOf(spawnProcess({ entry: { command: 'no-such-python', args: [] } }))
  expect(error.message).toMatch(/\(no-such-python\) cannot be started: .*ENOENT/)
  expect(error.cause).toMatchObject({ code: 'ENOENT' })
})
