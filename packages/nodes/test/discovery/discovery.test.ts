import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { missingPrograms, PulseServer } from 'testing'
import { expect, test } from 'vitest'
import { AudioDevice, listAudioDevices, listDevices, listLocalServers } from '../../src/index.ts'

const missing = await missingPrograms('list of audio devices', 'pulseaudio', 'pactl', 'parec', 'pacat')

test('servers that listen are found, and nothing is sent to them', async () => {
  const received: Buffer[] = []
  const server = createServer((socket) => socket.on('data', (bytes) => received.push(bytes)))
  const idle = createServer()
  for (const one of [server, idle]) {
    one.listen(0, '127.0.0.1')
    await once(one, 'listening')
  }
  const known = [server, idle].map((one) => {
    const { port } = one.address() as AddressInfo
    return { port, description: 'test', type: 'TiaClient', configure: { port } }
  })
  idle.close()
  await once(idle, 'close')
  const found = await listLocalServers(known)
  const { port } = known[0]!
  expect(found).toEqual({
    kind: 'server',
    devices: [
      { kind: 'server', name: `127.0.0.1:${port}`, description: 'test', type: 'TiaClient', configure: { port } }
    ]
  })
  server.close()
  await once(server, 'close')
  expect(received).toEqual([])
})

test('every kind is looked for, and what hinders a look is told instead of thrown', async () => {
  const { PATH } = process.env
  try {
    process.env['PATH'] = '/nowhere'
    const found = await listDevices()
    expect(found.map(({ kind }) => kind)).toEqual(['serial', 'hid', 'audio', 'camera', 'server'])
    expect(found.find(({ kind }) => kind === 'audio')).toMatchObject({
      devices: [],
      problem: expect.stringMatching(/not installed; install it with/) as unknown
    })
  } finally {
    process.env['PATH'] = PATH
  }
})

test.skipIf(missing)('what is proposed for an audio device is what its node takes', async () => {
  await using _server = await PulseServer.start('sink_name=null0')
  const { devices, problem } = await listAudioDevices()
  expect(problem).toBeUndefined()
  expect(devices.map(({ configure }) => configure)).toEqual([
    { inputDevice: 'default' },
    { outputDevice: 'default' },
    { inputDevice: 'null0.monitor' },
    { outputDevice: 'null0' }
  ])
  await using node = new AudioDevice()
  for (const { configure } of devices) await node.configure(configure)
})
