import { request } from 'node:http'
import { tempFolder } from 'testing'
import { afterEach, expect, test, vi } from 'vitest'
import { graphFile, nodeacq } from '../test/programs.ts'

const GRAPH = {
  name: 'look',
  groups: { devices: {} },
  nodes: {
    amp: { type: 'NoiseGenerator', group: 'devices', configure: { channelCount: 2, sampleRate: 1000 } },
    monitor: { type: 'StreamMonitor', group: 'devices', inputs: { signals: 'amp.signals' } }
  }
}

afterEach(() => void vi.unstubAllEnvs())

/** What the server answers to a websocket that comes with the cookie of a link. */
async function upgrade(link: string): Promise<number> {
  const { origin, host } = new URL(link)
  const cookie = (await fetch(link)).headers.get('set-cookie')!.split(';')[0]!
  const headers = {
    host,
    origin,
    cookie,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    'sec-websocket-protocol': 'nodeacq.view.1'
  }
  return await new Promise((resolve, reject) => {
    const asking = request(origin, { headers, agent: false })
    asking.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve(response.statusCode!)
    })
    asking.on('response', (response) => resolve(response.statusCode!))
    asking.on('error', reject)
    asking.end()
  })
}

test('a run shows its devices on demand, and another program any of its streams', { timeout: 90_000 }, async () => {
  await using folder = await tempFolder()
  // So that no other run of this machine is found.
  vi.stubEnv('XDG_RUNTIME_DIR', folder.path)
  const file = await graphFile(folder.path, GRAPH)
  await using run = await nodeacq(['run', file, '--view'])
  const shown = await run.line('amp-signals in the browser', { timeout: 60_000 })
  expect(await upgrade(shown.replace(/^.*browser: /, ''))).toBe(101)

  await using view = await nodeacq(['view', 'amp.signals', '--view-token'])
  const link = await view.line(/^http/, { timeout: 30_000 })
  expect(new URL(link).pathname).toBe('/v/amp.signals')
  expect(await upgrade(link)).toBe(101)
  expect(await upgrade((await view.line('only to look')).replace('only to look: ', ''))).toBe(101)

  await using wrong = await nodeacq(['view', 'am.signals'])
  expect((await wrong.exited).code).toBe(1)
  expect(wrong.errorText).toMatch(/there is no node 'am' in the run; did you mean 'amp'\?/)

  view.interrupt()
  expect((await view.exited).code).toBe(0)
  run.interrupt()
  expect((await run.exited).code).toBe(0)
  expect(run.lines.at(-1)).not.toMatch(/views/)
})
