import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { graphFile, run } from '../test/programs.ts'

const amp = { type: 'NoiseGenerator', group: 'devices', configure: { channelCount: 2, sampleRate: 1000 } }

/** A device in a process of its own, and a recorder that would begin with the graph. */
async function check(folder: string, require: object) {
  const inputs = { raw: 'amp.signals' }
  const disk = { type: 'Recorder', configure: { file: '${out}/session.mcap', certificate: false }, inputs }
  const graph = { name: 'live', groups: { devices: {} }, nodes: { amp, disk }, require }
  const out = join(folder, 'deep', 'out')
  const program = await run(['check', '--live', await graphFile(folder, graph), '--out', out, '--json'])
  return { code: program.code, ...(JSON.parse(program.lines[0]!) as { ok: boolean; items: object[] }) }
}

test('a graph that is ready is told so, nothing is recorded, and nothing is left', async () => {
  await using folder = await tempFolder()
  const ready = await check(folder.path, { streams: [{ stream: 'amp.signals', sampleRate: 1000 }] })
  expect(ready).toMatchObject({ code: 0, ok: true })
  expect(ready.items).toContainEqual({ level: 'ok', subject: 'nodes', text: '2 of 2 run' })
  expect(ready.items).toContainEqual(expect.objectContaining({ level: 'ok', subject: 'amp.signals' }))
  expect(await readdir(folder.path)).toEqual(['graph.yaml'])

  const unready = await check(folder.path, { streams: ['amp.signals'], diskFreeMinutes: 1e9 })
  expect(unready).toMatchObject({ code: 1, ok: false })
  expect(unready.items).toContainEqual(expect.objectContaining({ level: 'fail', subject: 'disk' }))
  expect(await readdir(folder.path)).toEqual(['graph.yaml'])
}, 60_000)
