import { fileURLToPath } from 'node:url'
import { ZmqSocket } from '@nodeacq/zmq'
import { startProcess, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { RpcClient } from '../src/client/RpcClient.ts'
import { LogServer } from '../src/log/LogServer.ts'
import type { LogRecord } from '../src/log/LogRecord.ts'

const child = fileURLToPath(new URL('../src/child.ts', import.meta.url))
const ARGUMENTS = ['-m', 'pyacq.core.rpc.bootstrap', 'proc_x']

/** What pyacq's ProcessSpawner does, with the bytes that it writes. */
async function startAsPython({ address = 'tcp://127.0.0.1:*', logAddress = 'null', qt = false } = {}) {
  const socket = new ZmqSocket('pair', { linger: 1000 })
  const bootstrap = await socket.bind('tcp://127.0.0.1:*')
  const started = await startProcess(child, ARGUMENTS)
  const name = qt ? 'QtRPCServer' : 'RPCServer'
  started.input.end(
    `{"class_name": "${name}", "args": {"address": "${address}"}, "bootstrap_addr": "${bootstrap}", "loglevel": 10, "logaddr": ${logAddress}, "qt": ${qt}}`
  )
  return {
    socket,
    started,
    async [Symbol.asyncDispose]() {
      socket.close()
      await started[Symbol.asyncDispose]()
    }
  }
}

test.each([false, true])('a Python parent is told the address until it answers, and is served (qt: %j)', async (qt) => {
  await using parent = await startAsPython({ qt })
  const texts: string[] = []
  for (let i = 0; i < 4; i++) {
    const frames = await parent.socket.receive()
    expect(frames).toHaveLength(1)
    texts.push(String(frames[0]))
  }
  expect(new Set(texts).size).toBe(1)
  expect(texts[0]).toMatch(/^\{"address": "tcp:\/\/127\.0\.0\.1:\d+"\}$/)
  await parent.socket.send(['OK'])
  const { address } = JSON.parse(texts[0]!) as { address: string }
  const client = await RpcClient.connect(address)
  await client.closeServer()
  expect(await parent.started.exited).toEqual({ code: 0, signal: null })
})

test('records go to the log server of the parent under the name it gave', async () => {
  const records: LogRecord[] = []
  await using log = await LogServer.start({ onRecord: (record) => records.push(record) })
  await using parent = await startAsPython({ logAddress: JSON.stringify(log.address) })
  await waitFor(() => records.length > 0)
  expect(records[0]).toMatchObject({ process_name: 'proc_x', process: parent.started.pid, levelname: 'DEBUG' })
  expect(parent.started.errorLines).toEqual([])
})

test('an error is reported as the lines of a trace, and the process ends with code 0 as a Python child does', async () => {
  await using parent = await startAsPython({ address: 'tcp://127.0.0.1:port' })
  const status = JSON.parse(String((await parent.socket.receive())[0])) as { error: string[] }
  expect(Object.keys(status)).toEqual(['error'])
  expect(status.error.every((line) => line.endsWith('\n'))).toBe(true)
  expect(status.error.at(-1)).toMatch(/^AddressError: /)
  await parent.socket.send(['OK'])
  expect(await parent.started.exited).toEqual({ code: 0, signal: null })
})

test('input that is no spawner’s ends the process with the reason', async () => {
  await using started = await startProcess(child, ARGUMENTS)
  started.input.end('{}')
  expect(await started.exited).toEqual({ code: 1, signal: null })
  expect(started.errorLines.join('\n')).toContain('expected the JSON object of a pyacq process spawner')
})
