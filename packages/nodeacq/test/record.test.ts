import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { openSampleFile, verifyLog } from '@nodeacq/nodes'
import { tempFolder, waitFor } from 'testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Output } from '../src/commands/Output.ts'
import { main } from '../src/program.ts'
import { graphFile, nodeacq, type Program } from './programs.ts'

/** Runs a command in this process. */
async function command(...args: readonly string[]) {
  const texts = ['', '']
  const [stdout, stderr] = [0, 1].map(
    (k) => new Writable({ write: (chunk: Buffer, _encoding, done) => ((texts[k] += chunk.toString()), done()) })
  )
  const code = await main(args, { stdout, stderr } as unknown as Output)
  return { code, text: texts[0]!.trimEnd(), errorText: texts[1]!.trimEnd() }
}

/** Two devices in a process, recorders that wait in another. */
function graph() {
  const amp = { type: 'NoiseGenerator', group: 'devices', configure: { channelCount: 2, sampleRate: 1000, seed: 1 } }
  const inputs = { raw: 'amp.signals' }
  const wait = { autostart: false, certificate: false }
  return {
    name: 'control',
    groups: { devices: {}, recorders: {} },
    nodes: {
      amp,
      log: { type: 'Recorder', group: 'recorders', configure: { file: '${out}/s_%n.mcap', ...wait }, inputs },
      raw: { type: 'RawRecorder', group: 'recorders', configure: { folder: '${out}/raw_%n', ...wait }, inputs }
    },
    require: { streams: ['amp.signals'], diskFreeMinutes: 1e9 }
  }
}

let folder: Awaited<ReturnType<typeof tempFolder>>
const runtime = process.env['XDG_RUNTIME_DIR']
beforeAll(async () => {
  folder = await tempFolder()
  // So that no other run of this machine is found.
  process.env['XDG_RUNTIME_DIR'] = folder.path
})
afterAll(async () => {
  if (runtime === undefined) delete process.env['XDG_RUNTIME_DIR']
  else process.env['XDG_RUNTIME_DIR'] = runtime
  await folder[Symbol.asyncDispose]()
})

/** The address that a run tells; starting its processes takes long on a busy machine. */
function managerOf(program: Program): Promise<string> {
  const find = () => program.lines.find((line) => line.startsWith('manager at '))?.replace('manager at ', '')
  return waitFor(find, { timeout: 40_000, what: () => `the address of the run in ${program.errorText}` })
}

describe('nodeacq record', () => {
  test('controls the recorders of a run it finds, all of them or none, and follows the death of one', async () => {
    expect((await command('record', 'status')).errorText).toMatch(/no run of yours/)
    const out = join(folder.path, 'out')
    await using program = await nodeacq(['run', await graphFile(folder.path, graph()), '--out', out])
    const address = await managerOf(program)
    expect(program.lines).toContain("log, raw: waiting for 'nodeacq record start'")
    expect((await command('record', 'status')).text).toBe('log  idle\nraw  idle')
    expect(await command('record', 'stop')).toMatchObject({ code: 1, errorText: 'error: nothing is recorded' })

    const refused = await command('record', 'start')
    expect(refused.code).toBe(1)
    expect(refused.errorText).toMatch(/require: disk: .* has room for \d+ minutes .*, expected 1000000000 minutes/)
    expect(refused.errorText).toContain('--override "reason" records all the same')
    expect((await command('record', 'start', '--override', ' ')).code).toBe(2)
    expect(await readdir(out)).toEqual([])

    const override = ['--override', 'a short test', '--manager', address]
    const started = await command('record', 'start', '--note', 'subject=S 01', ...override)
    expect(started.text).toBe(`log: recording to ${join(out, 's_001.mcap')}\nraw: recording to ${join(out, 'raw_001')}`)
    expect((await command('record', 'start')).errorText).toMatch(/^error: everything is recorded already: log is /)
    expect((await command('record', 'annotate', 'eyes', 'open')).text).toMatch(
      /^noted in log at 0:\d\d, raw at 0:\d\d$/
    )
    const stopped = await command('record', 'stop', '--json')
    expect(stopped.code).toBe(0)
    expect(JSON.parse(stopped.text)).toMatchObject({
      recorders: [
        { node: 'log', state: 'verified', lostSamples: 0 },
        { node: 'raw', state: 'closed', lostSamples: 0 }
      ]
    })
    const file = join(out, 's_001.mcap')
    const { problems, metadata } = await verifyLog(file)
    expect(problems).toEqual([])
    const notes = { subject: 'S 01', override: 'a short test' }
    expect(metadata.find(({ name }) => name === 'nodeacq.notes')?.metadata).toMatchObject(notes)
    expect(JSON.parse(await readFile(join(out, 'raw_001', 'annotations.json'), 'utf8'))).toMatchObject(notes)
    await using recording = await openSampleFile(file)
    expect((await recording.events()).map(({ label }) => label)).toEqual([
      'started although the contract was not met: a short test',
      'eyes open'
    ])
    await waitFor(() => program.errorText.includes('s_001.mcap is verified'), { what: () => program.errorText })

    await command('record', 'start', ...override)
    process.kill(await program.childPid('recorders'), 'SIGKILL')
    await waitFor(async () => (await command('record', 'status')).text.includes('died'), {
      what: 'the news of a death'
    })
    const after = await command('record', 'stop')
    expect(after.text.split('\n')[0]).toBe(
      `log  failed: its process died while it recorded (${join(out, 's_002.mcap')})`
    )
    expect(after.code).toBe(1)
    program.interrupt()
    expect((await program.exited).code).toBe(1)
    expect(await readdir(folder.path)).not.toContain('nodeacq-runs')
  }, 60_000)
})
