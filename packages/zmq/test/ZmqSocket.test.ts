import { expect, test } from 'vitest'
import {
  AddressError,
  AddressInUseError,
  SocketClosedError,
  UnreachablePeerError,
  ZmqSocket,
  isLoopback,
  openSockets,
  withAdvertisedHost
} from '@nodeacq/zmq'

test('a port that is taken is an AddressInUseError naming the address', async () => {
  await using first = new ZmqSocket('router')
  await using second = new ZmqSocket('router')
  const address = await first.bind('tcp://127.0.0.1:*')
  await expect(second.bind(address)).rejects.toThrow(AddressInUseError)
  await expect(second.bind(address)).rejects.toThrow(address)
})

test('text that is no address is an AddressError', async () => {
  await using socket = new ZmqSocket('dealer')
  expect(() => socket.connect('nonsense')).toThrow(AddressError)
  await expect(socket.bind('tcp://300.1.1.1:1')).rejects.toThrow(AddressError)
})

test('sends that are not awaited queue in order, also past the high-water mark', async () => {
  await using push = new ZmqSocket('push', { sendHighWaterMark: 1 })
  await using pull = new ZmqSocket('pull', { receiveHighWaterMark: 1 })
  push.connect(await pull.bind('tcp://127.0.0.1:*'))
  const count = 2000
  const sent = Promise.all(Array.from({ length: count }, (_, i) => push.send([String(i), Buffer.alloc(2048)])))
  for (let i = 0; i < count; i++) expect(String((await pull.receive())[0])).toBe(String(i))
  await sent
})

test('iteration ends when the socket closes; receive and send afterwards reject', async () => {
  const pull = new ZmqSocket('pull')
  await pull.bind('tcp://127.0.0.1:*')
  const seen = (async () => {
    let count = 0
    for await (const _message of pull) count++
    return count
  })()
  setImmediate(() => pull.close())
  expect(await seen).toBe(0)
  await expect(pull.receive()).rejects.toThrow(SocketClosedError)
  await expect(pull.send(['x'])).rejects.toThrow(SocketClosedError)
  expect(openSockets()).not.toContain(pull)
})

test('closing refuses the sends that still wait in this process', async () => {
  const push = new ZmqSocket('push', { sendHighWaterMark: 1 })
  const waiting = [push.send(['a']), push.send(['b'])] // nobody is connected: both wait
  push.close()
  const results = await Promise.allSettled(waiting)
  expect(results[1]).toMatchObject({ status: 'rejected', reason: { code: 'SOCKET_CLOSED' } })
})

test('a router says when no peer has the identity', async () => {
  await using router = new ZmqSocket('router')
  await router.bind('tcp://127.0.0.1:*')
  await expect(router.send(['nobody', 'x'])).rejects.toThrow(UnreachablePeerError)
})

test('addresses: loopback or not, and what a peer is given for a wildcard', () => {
  expect(
    ['tcp://127.0.0.1:1', 'tcp://127.0.0.2:*', 'tcp://[::1]:5', 'tcp://localhost:5', 'ipc://x'].map(isLoopback)
  ).toEqual(Array(5).fill(true))
  expect(['tcp://0.0.0.0:1', 'tcp://*:1', 'tcp://10.0.0.5:1'].map(isLoopback)).toEqual(Array(3).fill(false))
  expect(withAdvertisedHost('tcp://0.0.0.0:80', '10.1.2.3')).toBe('tcp://10.1.2.3:80')
  expect(withAdvertisedHost('tcp://10.0.0.5:80', '10.1.2.3')).toBe('tcp://10.0.0.5:80')
})
