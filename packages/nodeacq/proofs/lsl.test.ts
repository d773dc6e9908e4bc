import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freeUdpPort, tempFolder, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { nodeacq, run } from '../test/programs.ts'

test('streams are listed, described, recorded and played from the command line', { timeout: 300_000 }, async () => {
  await using folder = await tempFolder()
  const cwd = folder.path
  const port = await freeUdpPort()
  await writeFile(
    join(cwd, 'lsl_api.cfg'),
    `[ports]\nMulticastPort=${port}\n[multicast]\nResolveScope=machine\n[lab]\nSessionID=commands-${port}\n`
  )
  const list = async (...args: string[]): Promise<{ name: string; type: string; nominalRate: number }[]> => {
    const { lines } = await run(['lsl', 'list', '--json', ...args], { cwd })
    return JSON.parse(lines.join('\n')) as Awaited<ReturnType<typeof list>>
  }
  const file = join(cwd, 'session.mcap')
  {
    const faults = ['--faults', 'lose=20@4']
    await using simulator = await nodeacq(['simulate', 'lsl', '--port', String(await freeUdpPort()), ...faults], {
      cwd
    })
    await simulator.line(/^lsl:/)
    expect(await list("type='EEG'")).toMatchObject([{ name: 'nodeacq-simulator', type: 'EEG', nominalRate: 500 }])
    expect(await list("type='none'", '--timeout', '0.4')).toEqual([])
    const recorded = await run(['lsl', 'record', '--out', file, '--duration', '7'], { cwd })
    expect({ code: recorded.code, errors: recorded.errorLines.filter((line) => line.includes('rror')) }).toEqual({
      code: 0,
      errors: []
    })
    expect(recorded.lines.at(-1)).toMatch(/samples of 1 stream, 100 missing, .*session\.mcap$/)
    const info = await run(['lsl', 'info'], { cwd })
    expect(info.lines.join('\n')).toMatch(/8 × float32, 500 Hz[^]*label ramp, unit microvolts/)
    simulator.interrupt()
    expect((await simulator.exited).code).toBe(0)
  }
  expect((await run(['verify', file], { cwd })).lines[0]).toContain('session.mcap: ok')
  const again = await run(['lsl', 'record', '--out', file, '--timeout', '0.4'], { cwd })
  expect({ code: again.code, text: again.errorText }).toMatchObject({
    code: 1,
    text: expect.stringContaining('no stream of LSL') as string
  })
  await using player = await nodeacq(['lsl', 'play', file, '--wait', '--speed', '4'], { cwd })
  await waitFor(() => player.lines.length >= 3)
  expect((await list()).map(({ name }) => name).toSorted()).toEqual(
    ['session', 'session-events', 'session-nodeacq-simulator-clock', 'session-nodeacq-simulator-stamps'].toSorted()
  )
  const copy = await run(['lsl', 'record', "name='session'", '--out', join(cwd, 'copy.mcap'), '--duration', '2'], {
    cwd
  })
  expect(copy.code).toBe(0)
  expect((await player.exited).code).toBe(0)
  await player.nothingLeft()
})
