import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { certificateSchema, type Certificate } from '@nodeacq/nodes'
import { describe, expect, test, vi } from 'vitest'
import { tempFolder, waitFor } from 'testing'
import { hostServer, nodeacq, run, type Program } from '../test/programs.ts'

vi.setConfig({ testTimeout: 60_000 })

/** Small, short, and without a search unless it is asked for. */
const TINY = ['certify', '--shape', '8x1000:int16', '--seconds', '1.2', '--limit', '1', '--max-latency', '5000']

/** Long enough to be disturbed at the wanted rate. */
const LONG = ['certify', '--shape', '8x1000', '--seconds', '8', '--max-latency', '5000']

/** Waits for the files of the trial at the wanted rate, which comes after the warm-up. */
async function measuring(disk: string): Promise<void> {
  const isMeasuring = async () => {
    const [trials] = (await readdir(disk)).filter((name) => name.startsWith('.nodeacq-certify-'))
    return trials !== undefined && (await readdir(join(disk, trials))).includes('trial-2')
  }
  await waitFor(isMeasuring, { what: 'the trial at the wanted rate', timeout: 40_000 })
}

/** Bytes of samples that the measurement has on the disk now. */
async function bytesRecorded(disk: string): Promise<number> {
  const names = (await readdir(disk, { recursive: true })).filter((name) => name.endsWith('.raw'))
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(disk, name)).then(
        ({ size }) => size,
        () => 0
      )
    )
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** The certificate on stdout. */
function certificateOf(program: Program): Certificate {
  if (program.lines.length !== 1)
    throw new Error(`expected one line, got:\n${program.lines.join('\n')}\n${program.errorText}`)
  return certificateSchema.parse(JSON.parse(program.lines[0]!))
}

test('a tiny load is safe: rows while it runs, facts, the verdict in words, and a certificate', async () => {
  await using folder = await tempFolder()
  const out = join(folder.path, 'settings', 'certificate.json')
  await using program = await run([...TINY, '--limit', '2', '--devices', '2', '--disk', folder.path, '--out', out])
  const text = program.lines.join('\n')
  expect(text).toMatch(/^certifying this machine: 2 × 8 channels at 1 kHz int16 \(32\.0 kB\/s\), recorded below /)
  expect(text).toMatch(/\n +×1 +32\.0 kB\/s +1\.\d s .* safe/)
  for (const fact of ['recorded', 'latency', 'cpu', 'memory', 'disk', 'largest safe']) {
    expect(program.lines.some((line) => line.startsWith(`${fact} `))).toBe(true)
  }
  expect(text).toContain('SAFE: ')
  expect(program.lines.at(-1)).toBe(`certificate written to ${out}`)
  expect([program.code, program.errorText]).toEqual([0, ''])

  const certificate = certificateSchema.parse(JSON.parse(await readFile(out, 'utf8')))
  expect(certificate).toMatchObject({
    complete: true,
    wanted: { channels: 8, sampleRate: 1000, dtype: 'int16', devices: 2, chunkSize: 10, bytesPerSecond: 32_000 },
    conditions: { host: null, transferMode: 'plaindata', folder: folder.path, limit: 2 },
    largestSafe: { factor: 2, isLimit: true },
    verdict: { result: 'safe' }
  })
  const [wanted] = certificate.trials
  expect(wanted!.edges.map(({ to, delivery, lostSamples }) => [to, delivery, lostSamples])).toEqual([
    ['recorder.device-1', 'complete', 0],
    ['recorder.device-2', 'complete', 0],
    ['view-device-1.signals', 'latest', 0],
    ['view-device-2.signals', 'latest', 0]
  ])
  const samples = wanted!.edges[0]!.samples + wanted!.edges[1]!.samples
  expect(samples).toBeGreaterThan(1500)
  expect(wanted!.recordedBytes).toBe(samples * 16)
  expect(wanted!.latencyMs!.max).toBeGreaterThan(0)
  expect(wanted!.processes.map(({ name }) => name)).toEqual(['device-1', 'device-2', 'recorder', 'viewer'])
  expect(certificate.disk!.bytesPerSecond).toBeGreaterThan(32_000)
  expect((await readdir(folder.path)).sort()).toEqual(['settings'])
  await program.nothingLeft()
})

describe('not safe', () => {
  test('a load far beyond the machine, which finds less that is safe, or nothing', async () => {
    await using folder = await tempFolder()
    const shape = ['--shape', '4096x100000:float64', '--seconds', '1', '--limit', '2']
    await using program = await run([
      'certify',
      ...shape,
      '--disk',
      folder.path,
      '--out',
      join(folder.path, 'c.json'),
      '--json'
    ])
    const { verdict, trials, largestSafe } = certificateOf(program)
    expect([program.code, verdict.result]).toEqual([1, 'not safe'])
    expect(trials[0]).toMatchObject({ factor: 1, safe: false })
    expect(trials[0]!.problems.length).toBeGreaterThan(0)
    expect(trials.slice(1).every(({ factor }) => factor < 1)).toBe(true)
    expect(largestSafe?.factor ?? 0).toBeLessThan(1)
    expect(verdict.text).toContain(trials[0]!.problems[0]!.text)
    expect(verdict.advice.length).toBeGreaterThan(0)
    await program.nothingLeft()
  })

  test('a disk that is full long before the wanted time is over', async () => {
    await using folder = await tempFolder()
    const out = join(folder.path, 'c.json')
    await using program = await run([
      ...TINY,
      '--hours',
      '1e9',
      '--transfer',
      'sharedmem',
      '--disk',
      folder.path,
      '--out',
      out,
      '--json'
    ])
    const { verdict, trials, conditions } = certificateOf(program)
    expect(conditions.transferMode).toBe('sharedmem')
    expect(trials[0]!.problems).toEqual([])
    expect(verdict.text).toMatch(/cannot be recorded safely: the disk is full after .*, not .* years\.$/)
    expect(verdict.advice).toEqual([expect.stringMatching(/^free .* or record to another disk/)])
    expect(program.code).toBe(1)
  })
})

test('the devices may be on another machine', async () => {
  await using folder = await tempFolder()
  const host = await hostServer()
  await using _ = host.program
  const out = join(folder.path, 'c.json')
  await using program = await run([...TINY, '--host', host.address, '--disk', folder.path, '--out', out])
  expect(program.lines.join('\n')).toMatch(/\nnetwork +a call and its answer take p50 [\d.]+ ms, p99 /)
  const { network, trials, conditions, verdict } = certificateSchema.parse(JSON.parse(await readFile(out, 'utf8')))
  expect([program.code, verdict.result]).toEqual([0, 'safe'])
  expect(conditions.host).toBe(host.address)
  expect(network!.roundTripMs.p50).toBeGreaterThan(0)
  expect(network!.roundTripMs.max).toBeGreaterThanOrEqual(network!.roundTripMs.p99)
  // The host is on this machine after all, so there is one clock.
  expect(network).toMatchObject({ clockOffsetMs: 0, clockUncertaintyMs: 0 })
  const hosts = trials[0]!.processes.map(({ name, host: where }) => [name, where])
  expect(hosts).toEqual([
    ['device-1', host.address],
    ['recorder', 'local'],
    ['viewer', 'local']
  ])
  await program.nothingLeft()
})

test('a process of it that dies is told, and certifies nothing', async () => {
  await using folder = await tempFolder()
  const out = join(folder.path, 'c.json')
  const args = [...LONG, '--disk', folder.path, '--out', out, '--json']
  await using program = await nodeacq(args)
  await measuring(folder.path)
  process.kill(await program.childPid('recorder'), 'SIGKILL')
  const { code } = await program.exited
  const { complete, verdict, trials } = certificateOf(program)
  expect([code, complete, verdict.result, trials.length]).toEqual([1, false, 'not safe', 1])
  expect(verdict.text).toMatch(/cannot be recorded safely: .*recorder.*/)
  expect(program.errorLines.at(-1)).toBe('no certificate is written, as the measurement did not come to its end')
  expect(await readdir(folder.path)).toEqual([])
  await program.nothingLeft()
})

describe('Ctrl-C', () => {
  test('twice ends it at once', async () => {
    await using folder = await tempFolder()
    const args = [...LONG, '--disk', folder.path]
    await using program = await nodeacq([...args, '--out', join(folder.path, 'c.json')])
    await measuring(folder.path)
    program.interrupt()
    program.interrupt()
    const { code } = await program.exited
    expect(program.lines.join(' ')).toMatch(/UNKNOWN: stopped/)
    expect([code, await readdir(folder.path)]).toEqual([1, []])
    await program.nothingLeft()
  })

  test('stops it in order and tells what is known; no certificate is written', async () => {
    await using folder = await tempFolder()
    const out = join(folder.path, 'c.json')
    const args = [...LONG, '--disk', folder.path, '--out', out]
    await using program = await nodeacq(args)
    await measuring(folder.path)
    // Two seconds of the device.
    await waitFor(async () => (await bytesRecorded(folder.path)) > 64_000, { what: 'a recording', timeout: 40_000 })
    program.interrupt()
    const { code } = await program.exited
    const text = program.lines.join(' ')
    expect(text).toMatch(
      /UNKNOWN: stopped; 8 channels at 1 kHz float32 \(32\.0 kB\/s\) +were recorded without loss for/
    )
    expect(program.lines.at(-1)).toBe('no certificate is written, as the measurement did not come to its end')
    expect(code).toBe(1)
    expect(await readdir(folder.path)).toEqual([])
    await program.nothingLeft()
  })

  test('while it starts: it ends and leaves nothing', async () => {
    await using folder = await tempFolder()
    await using program = await nodeacq([...TINY, '--disk', folder.path, '--out', join(folder.path, 'c.json')])
    await program.line(/^certifying/)
    program.interrupt()
    const { code } = await program.exited
    expect(code).toBe(1)
    expect(program.errorText).not.toMatch(/\n\s+at /)
    await waitFor(async () => (await readdir(folder.path)).length === 0, { what: 'an empty folder' })
    await program.nothingLeft()
  })
})

test.each([
  [['--shap', '8x1000'], /unknown option '--shap'[^]*Did you mean --shape/],
  [
    ['--shape', '384x30000:int15'],
    /'384x30000:int15' is invalid. unknown type of samples 'int15'; did you mean 'int16'\?/
  ],
  [['--shape', '30000'], /'30000' is invalid. expected <channels>x<rate in Hz>:<dtype>/],
  [['--devices', '0'], /'0' is invalid. Expected a whole number from 1/],
  [['--limit', '0.5'], /'0.5' is invalid. Expected a number from 1/],
  [['--hours', 'all'], /'all' is invalid. Expected a number above 0/],
  [['--chunk', '1', '--shape', '1x1000:int16'], /--chunk 1: expected chunks of at least 16 bytes/],
  [['--host', '10.0.0.5:8000'], /'10.0.0.5:8000' is invalid. Expected tcp:\/\//],
  [['--transfer', 'sharedmm'], /Allowed choices are plaindata, sharedmem/],
  [['--transfer', 'sharedmem', '--host', 'tcp://127.0.0.1:8000'], /works within one machine/],
  [['more'], /too many arguments/]
])('certify %j is told what is wrong', async (args, message) => {
  await using program = await run(['certify', ...args])
  expect(program.errorText).toMatch(message)
  expect([program.code, program.lines]).toEqual([2, []])
})

test('a host that does not answer, and a place for the certificate that is a folder, are told in one line', async () => {
  await using folder = await tempFolder()
  await using nobody = await run([...TINY, '--host', 'tcp://127.0.0.1:1', '--disk', folder.path])
  expect(nobody.errorText).toMatch(/^error: .*tcp:\/\/127\.0\.0\.1:1.*is host_server running there\?$/)
  expect(nobody.code).toBe(1)
  const out = join(folder.path, 'taken')
  await mkdir(out)
  await using taken = await run([...TINY, '--disk', folder.path, '--out', out, '--json'])
  expect(taken.errorLines).toEqual([`error: --out ${out}: expected a file, got a folder`])
  expect([taken.code, taken.lines]).toEqual([2, []])
  expect(await readdir(folder.path)).toEqual(['taken'])
})
