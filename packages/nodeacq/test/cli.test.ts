import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { Mw75Client, CortexClient, type CortexError } from '@nodeacq/nodes'
import { describe, expect, test } from 'vitest'
import { missingPrograms, PulseServer, tempFolder, waitFor } from 'testing'
import type { Output } from '../src/commands/Output.ts'
import { main } from '../src/program.ts'
import { graphFile, hostServer, nodeacq, noiseGraph, run } from './programs.ts'

/** A standard stream that keeps what is written to it. */
class Sink extends Writable {
  text = ''

  get lines(): string[] {
    return this.text === '' ? [] : this.text.replace(/\n$/, '').split('\n')
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

/** Runs a command that starts nothing, in this process. */
async function command(...args: readonly string[]) {
  const [stdout, stderr] = [new Sink(), new Sink()]
  const code = await main(args, { stdout, stderr } as unknown as Output)
  return { code, lines: stdout.lines, text: stdout.text, errorLines: stderr.lines, errorText: stderr.text }
}

const missingAudio = await missingPrograms(
  'nodeacq devices with a sound server',
  'pulseaudio',
  'pactl',
  'parec',
  'pacat'
)

describe('devices', () => {
  test('every kind is in the JSON, with its devices and what hindered', async () => {
    const { code, text } = await command('devices', '--json')
    const found = JSON.parse(text) as { kind: string; devices: object[] }[]
    expect(found.map(({ kind }) => kind)).toEqual(['serial', 'hid', 'audio', 'camera', 'server'])
    expect(found.every(({ devices }) => Array.isArray(devices))).toBe(true)
    expect(code).toBe(0)
  })

  test.skipIf(missingAudio)('the lines for a graph file are a graph', async () => {
    await using _server = await PulseServer.start('sink_name=null0')
    const { code, lines } = await command('devices')
    expect(code).toBe(0)
    const line = lines.find((one) => one.includes('inputDevice: null0.monitor'))!
    expect(line).toMatch(/^ {2}audio\d+: \{ type: AudioDevice, configure: \{ inputDevice: null0.monitor \} \}$/)
    await using folder = await tempFolder()
    const file = join(folder.path, 'graph.yaml')
    await writeFile(file, `nodes:\n${line}\n`)
    expect(await command('check', file)).toMatchObject({ code: 0 })
  })
})

describe('wrong graphs and arguments give exit code 2', () => {
  test('all mistakes of a graph at once, each with its line', async () => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'graph.yaml')
    const sos = 'type: SosFilter, configure: { coefficients: [[1, 0, 0, 1, 0, 0]] }'
    await writeFile(
      file,
      `nodes:
  a: { ${sos}, inputs: { signals: b.signals } }
  b: { ${sos}, inputs: { signals: a.signals } }
  c: { type: NoisGenerator }
  d: { type: RawRecorder, configure: { folder: x }, inputs: { raw: amp.signals } }
  a: { type: NoiseGenerator }
`
    )
    await using program = await run(['run', file])
    const heads = program.errorLines.filter((line) => line.startsWith(file)).map((line) => line.slice(file.length))
    expect(heads).toEqual([
      expect.stringMatching(/^:3:\d+: node 'b': input 'signals' closes a cycle: a → b → a; /),
      ":4:14: node 'c': unknown type 'NoisGenerator'; did you mean 'NoiseGenerator'?",
      expect.stringMatching(/^:5:\d+: node 'd': input 'raw': there is no node 'amp'; /),
      expect.stringMatching(/^:6:3: 'a' stands twice; first at .*graph.yaml:2:3; /)
    ])
    expect(program.errorLines.at(-1)).toBe('4 mistakes')
    expect([program.code, program.lines]).toEqual([2, []])
    expect(await command('check', file)).toMatchObject({ code: 2, text: '', errorLines: program.errorLines })
  })

  test('a module that fails', async () => {
    await using folder = await tempFolder()
    await writeFile(join(folder.path, 'broken.ts'), "throw new Error('the driver is missing')\n")
    const file = await graphFile(folder.path, noiseGraph({ more: { modules: ['./broken.ts'] } }))
    const { code, errorText } = await command('check', file)
    expect(errorText).toMatch(
      /graph.yaml:\d+:\d+: module '.\/broken.ts' cannot be loaded: Error: the driver is missing/
    )
    expect(code).toBe(2)
  })

  test.each([
    [['rum', 'graph.yaml'], /unknown command 'rum'[^]*Did you mean run/],
    [['run', 'graph.yaml', '--durration', '3'], /unknown option '--durration'[^]*Did you mean --duration/],
    [['run', 'graph.yaml', '--duration', 'long'], /'long' is invalid.*number above 0/],
    [['run', 'no-such.yaml'], /no-such.yaml: there is no such file/],
    [['run'], /missing required argument 'graph'/],
    [['check'], /missing argument 'graph'/],
    [['nodes', 'SosFiltr'], /unknown node type 'SosFiltr'; did you mean 'SosFilter'\?/],
    [['simulate', 'cortx'], /unknown command 'cortx'.*Did you mean cortex/s],
    [['simulate', 'cortex', '--faults', 'dorp'], /unknown fault 'dorp'; did you mean 'drop'\?/],
    [['simulate', 'cortex', '--port', '0', '--host', '0.0.0.0'], /beyond loopback/],
    [['host', 'tcp://127.0.0.1'], /'tcp:\/\/127.0.0.1' is invalid.*Expected tcp:/],
    [['host', 'tcp://0.0.0.0:*'], /insecure/],
    [['host', 'tcp://192.0.2.1:*', '--insecure'], /cannot listen on/],
    [['run', '--metrics', 'graph.yaml'], /'graph.yaml' is invalid.*Expected a port/],
    [['host', '--metrics', '0.0.0.0:9464'], /expected a loopback host/],
    [['manager', '--metrics', '192.0.2.1:9464', '--insecure'], /this machine has no such address/]
  ])('%j', async (args, message) => {
    const { code, text, errorText } = await command(...args)
    expect(errorText).toMatch(message)
    expect(errorText).not.toMatch(/\n\s+at /)
    expect([code, text]).toEqual([2, ''])
  })
})

test('every command has a help text with an example, and --version tells the version', async () => {
  for (const name of [[], ['run'], ['check'], ['certify'], ['nodes'], ['host'], ['manager']]) {
    const { code, text, errorText } = await command(...name, '--help')
    expect(text).toMatch(/Examples:\n {2}\$ nodeacq/)
    expect([code, errorText]).toEqual([0, ''])
  }
  await using version = await run(['--version'])
  expect(version.lines).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)])
  expect(version.code).toBe(0)
})

test('check draws a correct graph, and prints a schema for editors', async () => {
  await using folder = await tempFolder()
  const file = await graphFile(folder.path, noiseGraph())
  const drawn = await command('check', file, '--set', 'name=other')
  expect(drawn.lines.slice(0, 4)).toEqual(['other', '', 'local', '└─ main'])
  expect(drawn.lines.at(-1)).toBe(`${file}: ok`)
  const schema = JSON.parse((await command('check', '--schema')).text) as { properties: Record<string, unknown> }
  expect(Object.keys(schema.properties)).toEqual(['name', 'hosts', 'modules', 'groups', 'nodes', 'require'])
})

test('nodes lists the types, and describes one', async () => {
  const { lines } = await command('nodes')
  for (const type of ['NoiseGenerator', 'SosFilter', 'RawRecorder', 'StreamMonitor', 'FileReplay']) {
    expect(lines.some((line) => line.startsWith(`${type} `))).toBe(true)
  }
  const json = await command('nodes', 'NoiseGenerator', '--json')
  expect(JSON.parse(json.text)).toMatchObject({ name: 'NoiseGenerator', outputs: ['signals'] })
  expect((await command('nodes', 'NoiseGenerator')).text).toMatch(/sampleRate +number > 0/)
})

describe.each(['host', 'manager'])('nodeacq %s', (name) => {
  test('tells its address on the first line and nothing else, and ends at SIGTERM', async () => {
    await using program = await nodeacq([name])
    expect(await program.line(/./)).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/)
    program.kill('SIGTERM')
    expect(await program.exited).toEqual({ code: 0, signal: null })
    expect([program.lines.length, program.errorText]).toEqual([1, ''])
  })

  test('serves metrics, whose address is on standard error', async () => {
    await using program = await nodeacq([name, '--metrics'])
    await program.line(/^tcp:/)
    const url = /^metrics at (http:.*)$/.exec(await waitFor(() => program.errorLines[0]))![1]!
    expect(await (await fetch(url)).text()).toContain(`nodeacq_process_cpu_seconds_total{process="${name}",`)
    const { port } = new URL(url)
    await using second = await run([name, '--metrics', port])
    const refused = `error: metrics cannot be served at 127.0.0.1:${port}: the address is in use`
    expect([second.code, second.lines, second.errorLines]).toEqual([1, [], [refused]])
    program.kill('SIGTERM')
    expect(await program.exited).toEqual({ code: 0, signal: null })
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })

  test('says in one line that its port is in use', async () => {
    await using first = await nodeacq([name])
    const address = await first.line(/^tcp:/)
    await using second = await run([name, address])
    expect(second.errorLines).toEqual([expect.stringContaining(`cannot listen on ${address}: the address is in use`)])
    expect([second.code, second.lines]).toEqual([1, []])
  })
})

test('a host server ends its groups at Ctrl-C', async () => {
  await using folder = await tempFolder()
  const host = await hostServer(['--name', 'lab'])
  await using _ = host.program
  const more = { hosts: { lab: host.address }, groups: { far: { host: 'lab' } } }
  const file = await graphFile(folder.path, noiseGraph({ source: 'far', more }))
  await using program = await nodeacq(['run', file, '--out', join(folder.path, 'out'), '--json'])
  await waitFor(() => program.errorText.includes('noise runs'), { what: () => program.errorText })
  host.program.interrupt()
  expect(await host.program.exited).toEqual({ code: 0, signal: null })
  await host.program.nothingLeft()
  const { code } = await program.exited
  expect(program.errorText).toMatch(/lost|closed|died/)
  expect(code).toBe(1)
})

test('simulate prints its address first, serves with its faults, and ends on Ctrl-C', async () => {
  await using program = await nodeacq(['simulate', 'cortex', '--port', '0', '--faults', 'error=getCortexInfo:-32000'])
  const url = await program.line(/^wss:/)
  expect(program.lines[0]).toBe(url)
  {
    const credentials = { clientId: 'CLIENT_ID', clientSecret: 'CLIENT_SECRET' }
    await using client = await CortexClient.connect({ ...credentials, url, closeOnInterrupt: false })
    await waitFor(() =>
      client.getCortexInfo().then(
        () => false,
        (error: CortexError) => error.cortexCode === -32000
      )
    )
    expect((await client.queryHeadsets()).map(({ id }) => id)).toEqual(['EPOCX-E2020001'])
  }
  program.interrupt()
  expect(await program.exited).toMatchObject({ code: 0 })
})

describe('recordings', () => {
  const fixtures = join(import.meta.dirname, '../../nodes/test/fixtures/mcap')

  test('a whole one verifies with its losses, a damaged one does not, and what is repaired says what is gone', async () => {
    await using folder = await tempFolder()
    const damaged = join(fixtures, 'hole_in_second_chunk.mcap')
    const whole = join(folder.path, 'whole.mcap')
    expect(await command('verify', join(fixtures, 'clean.mcap'))).toMatchObject({
      code: 1,
      lines: [
        expect.stringMatching(/clean\.mcap: whole, with losses \(4\.5 kB\)/),
        '  /amp/signals: samples 0 to 100, 80 recorded, 20 missing in 1 gaps',
        '  /amp/events: 1 events'
      ]
    })
    expect(await command('verify', damaged)).toMatchObject({ code: 1, text: expect.stringContaining('damaged') })
    expect(await command('repair', damaged, '--out', whole)).toMatchObject({
      code: 3,
      lines: [
        expect.stringContaining('messages'),
        expect.stringContaining('left out: bytes 1,902 to 2,429'),
        '/amp/signals: 40 samples are gone'
      ]
    })
    expect(await command('info', whole)).toMatchObject({
      code: 0,
      text: expect.stringContaining('gap in amp/signals: samples 40 to 80, damaged')
    })
    const unfinished = join(fixtures, 'killed_in_third_chunk.mcap')
    expect(await command('verify', unfinished)).toMatchObject({
      code: 1,
      text: expect.stringContaining(': unfinished (')
    })
    expect(await command('info', unfinished)).toMatchObject({
      code: 0,
      text: expect.stringContaining('not closed: still being recorded, or its recorder died')
    })
    expect(await command('repair', unfinished, '--out', join(folder.path, 'end.mcap'))).toMatchObject({ code: 0 })
    expect(await command('repair', unfinished, '--out', whole)).toMatchObject({ code: 1, lines: [] })
    expect(await command('info', join(folder.path, 'none.mcap'))).toMatchObject({ code: 1, lines: [] })
  })

  test('a recording keeps the graph that it was made with', async () => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'graph.yaml')
    await writeFile(
      file,
      `nodes:
  amp: { type: NoiseGenerator, configure: { channelCount: 2, sampleRate: 1000 } }
  disk: { type: Recorder, configure: { file: '\${out}/session.mcap', notes: { subject: '7', task: rest } }, inputs: { raw: amp.signals } }
`
    )
    const out = join(folder.path, 'out')
    await using program = await run([
      'run',
      file,
      '--duration',
      '0.5',
      '--out',
      out,
      '--set',
      'nodes.amp.configure.sampleRate=500',
      '--json'
    ])
    expect(program.code).toBe(0)
    expect(program.errorText).toMatch(/session\.mcap: nothing lost at a kill; at most \d+\.\d s at a power cut\n/)
    expect(program.summary().recordings).toEqual([{ node: 'disk', path: join(out, 'session.mcap') }])
    const verified = await command('verify', '--json', join(out, 'session.mcap'))
    expect(verified.code).toBe(0)
    expect(JSON.parse(verified.text)).toMatchObject({
      isClosed: true,
      problems: [],
      attachments: ['graph.yaml', 'graph-changes.txt']
    })
    const { lines } = await command('info', join(out, 'session.mcap'))
    expect(lines).toContainEqual(expect.stringMatching(/^clock of raw: /))
    expect(lines).toContainEqual(
      expect.stringMatching(/^made by nodeacq \d\S* on \S+ \(\w+ \w+, Node \d+[.\d]+\), graph graph\.yaml$/)
    )
    expect(lines).toContainEqual('notes: subject = 7; task = rest')
  })
})

test('serve prints its address first, serves another server on, and ends on Ctrl-C', async () => {
  await using headset = await nodeacq(['simulate', 'mw75', '--port', '0'])
  const source = await headset.line(/^ws:/)
  await using program = await nodeacq(['serve', 'mw75', '--port', '0', '--source', source, '--clients', '2'])
  const url = await program.line(/^ws:/)
  expect(program.lines[0]).toBe(url)
  {
    await using client = await Mw75Client.open(url)
    const counters: number[] = []
    client.on('message', (message) => message.type === 'eeg_data' && counters.push(message.sample.counter))
    await client.connectHeadset()
    await waitFor(() => counters.length >= 50)
    expect(counters.slice(0, 50)).toEqual(counters.slice(0, 50).map((_, k) => k))
  }
  expect(program.errorLines).toEqual([`headset: ${source}`])
  await using wrong = await run(['serve', 'mw75', '--source', 'bluetooth'])
  expect(wrong.errorText).toContain('source: expected simulator, serial:<port> such as serial:/dev/rfcomm0')
  expect(wrong.code).toBe(2)
  program.interrupt()
  expect(await program.exited).toMatchObject({ code: 0 })
})
