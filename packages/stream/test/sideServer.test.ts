import { ZmqSocket } from '@nodeacq/zmq'
import { expect, test } from 'vitest'
import { OutputStream } from '@nodeacq/stream'
import { decodeSide, encodeSide } from '../src/side/messages.ts'

test('a connection is asked once who it is, whatever was queued for it while it was gone, and again when it is unknown again', async () => {
  await using output = new OutputStream({ shape: [-1, 2] })
  await output.configure()
  await using socket = new ZmqSocket('dealer')
  socket.connect(String((output.params['nodeacq'] as Record<string, unknown>)['side']))
  const say = (message: Parameters<typeof encodeSide>[0]): Promise<void> => socket.send([encodeSide(message)])
  const answers: string[] = []
  const hearUntil = async (kind: string): Promise<void> => {
    for (;;) {
      const message = decodeSide(await socket.receive())
      answers.push(String(message?.kind))
      if (message?.kind === kind) return
    }
  }
  const visit = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await say({ kind: 'alive' })
    await say({
      ...{ kind: 'hello', consumer: 'viewer', attempt: 1, name: null, token: null, delivery: 'complete', source: null },
      ...{ run: null, from: null, chunks: 10, bytes: 1000, bell: null, who: {} }
    })
    await hearUntil('welcome')
  }
  await visit()
  expect(answers).toEqual(['unknown', 'welcome'])
  await say({ kind: 'leave' })
  answers.length = 0
  await visit()
  expect(answers.filter((kind) => kind === 'unknown' || kind === 'welcome')).toEqual(['unknown', 'welcome'])
})
