import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { RUN_VARIABLE, startProcess, strayProcesses, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { ZmqSocket } from '@nodeacq/zmq'
import { isAlive } from './fixtures/isAlive.ts'

const parent = new URL('./fixtures/parent.ts', import.meta.url)

/** Starts a parent whose processes can be told from all others. */
async function startParent(args: string[]) {
  const mark = `${process.env[RUN_VARIABLE] ?? 'nodeacq'}/${process.pid}-${performance.now()}`
  const started = await startProcess(parent, args, { env: { [RUN_VARIABLE]: mark } })
  const left = () => strayProcesses(mark)
  return {
    started,
    left,
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]()
      for (const { pid } of await left()) process.kill(pid, 'SIGKILL')
    }
  }
}

test.each(['SIGKILL', 'exit'] as const)(
  'children end with their parent after %s: an idle one, one with a busy event loop, one that is not ours',
  async (how) => {
    await using running = await startParent(how === 'exit' ? ['--exit'] : [])
    const pids = JSON.parse(await running.started.line('{')) as Record<string, number>
    expect(Object.keys(pids)).toEqual(['idle', 'busy', 'foreign'])
    if (how === 'SIGKILL') running.started.kill('SIGKILL')
    await running.started.exited
    await waitFor(() => !Object.values(pids).some(isAlive), { what: () => `the end of ${JSON.stringify(pids)}` })
    // The shell that watches over them has gone too.
    await waitFor(async () => (await running.left()).length === 0)
  }
)

test('a child of a parent that knows nothing of pipes ends when that parent is gone', async () => {
  await using socket = new ZmqSocket('pair')
  const address = await socket.bind('tcp://127.0.0.1:*')
  const config = `{"class_name": "RPCServer", "args": {"address": "tcp://127.0.0.1:*"}, "bootstrap_addr": "${address}", "loglevel": 30, "logaddr": null, "qt": false}`
  const child = fileURLToPath(new URL('../src/child.ts', import.meta.url))
  // A shell in the place of Python: it starts the child in the background and waits.
  const script = `printf '%s' '${config}' | "$0" --conditions=nodeacq-source "$1" -m pyacq.core.rpc.bootstrap x & echo $!; wait`
  const shell = spawn('/bin/sh', ['-c', script, process.execPath, child], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(shell.stdout, 'data')) as [Buffer]
  const pid = Number(String(line))
  try {
    await socket.receive()
    await socket.send(['OK'])
    expect(isAlive(pid)).toBe(true)
    shell.kill('SIGKILL')
    await waitFor(() => !isAlive(pid))
  } finally {
    shell.kill('SIGKILL')
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  }
})

test('without a log server the output of a child goes to that of its parent', async () => {
  await using running = await startParent(['--own-output'])
  expect(await running.started.exited).toEqual({ code: 0, signal: null })
  expect(running.started.lines).toEqual(['to standard output'])
  expect(running.started.errorLines).toEqual(['to standard error'])
})
