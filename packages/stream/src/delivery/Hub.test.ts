import { expect, test } from 'vitest'
import type { SideMessage, SideMessageOf } from '../side/messages.ts'
import { Hub } from './Hub.ts'

const WHO = { source: null, token: null, bell: null, delivery: 'complete', bytes: 1e9, who: {} } as const
const hello = (
  consumer: string,
  name: string | null,
  rest: Partial<SideMessageOf<'hello'>> = {}
): SideMessageOf<'hello'> => ({
  kind: 'hello',
  consumer,
  name,
  attempt: 1,
  run: null,
  from: null,
  chunks: 3,
  ...WHO,
  ...rest
})

/** Where an input of this process stands that takes whatever it is sent. */
function listener() {
  const messages: SideMessage[] = []
  const indices: number[] = []
  const post = (message: SideMessage): void => void messages.push(message)
  return {
    messages,
    indices,
    link: { isLocal: false, post, chunk: ({ index }: { index: number }) => indices.push(index) }
  }
}

test('the late acknowledgement of a recorder that died takes nothing from the one in its place', () => {
  const hub = new Hub({ flow: 'wait', retention: { seconds: 1e9, bytes: 1e9, samples: Infinity } })
  hub.admit('old', hello('first', 'disk'), listener().link)
  const send = (index: number): void => {
    hub.publish({ kind: 'chunk', run: 0, start: index - 27, index, bytes: 100, at: 0, frames: [], data: undefined })
  }
  for (let i = 1; i <= 10; i++) send(27 * i)
  const successor = listener()
  hub.admit('new', hello('second', 'disk'), successor.link)
  hub.hear('old', { kind: 'ack', run: 0, index: 27 * 7 })
  hub.hear('new', { kind: 'credit', taken: 1, holding: true })
  hub.miss('new', 1)
  hub.hear('old', { kind: 'ack', run: 0, index: 27 * 8 })
  const back = listener()
  hub.admit('newer', hello('second', 'disk', { source: hub.id, run: 0, from: 27 }), back.link)
  expect(successor.indices).toEqual([27, 54, 81, 108])
  expect(back.indices).toEqual([54, 81, 108])
  expect(back.messages.filter(({ kind }) => kind === 'gone')).toEqual([])
  hub.close()
})
