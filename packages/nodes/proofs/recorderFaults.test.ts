import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { smallDisk, tempFolder, waitFor } from 'testing'
import { describe, test } from 'vitest'
import { FileWindow } from '../src/files/mcap/FileWindow.ts'
import { scanLog } from '../src/files/mcap/scanLog.ts'
import { OpenFile } from '../src/files/OpenFile.ts'
import { RecorderTrial } from './RecorderTrial.ts'
import { SystemFaults } from './SystemFaults.ts'

/** s for which a recorder stands still. */
const STILL = process.env['NODEACQ_SOAK'] === '1' ? 20 : 3

interface Ending {
  readonly code: number | null
  readonly error: string | undefined
  readonly ledger: readonly { name: string; samples: number; lostSamples: number; duplicatedSamples: number }[]
}

async function endingOf({ recorder }: RecorderTrial): Promise<Ending> {
  const line = await recorder.line(/^\{/, { timeout: 60_000 })
  const { code } = await recorder.exited
  return { code, ...(JSON.parse(line) as Omit<Ending, 'code'>) }
}

/** What of a recording was acknowledged and is not there. */
function missing(acknowledged: ReadonlyMap<string, number>, counts: ReadonlyMap<string, number>): object {
  return [...acknowledged].filter(([topic, count]) => (counts.get(topic) ?? 0) < count)
}

const started = async (trial: RecorderTrial) => await trial.recorder.line('recording', { timeout: 60_000 })
const sidecarOf = async (folder: string) =>
  JSON.parse(await readFile(join(folder, 'session.nodeacq.json'), 'utf8')) as Record<string, unknown>

describe.concurrent('a recording', () => {
  test('on a full disk ends with its reason, whole, and the node fails', async ({ expect, skip }) => {
    await using disk = await smallDisk(20 * 1024)
    if (disk === undefined) {
      process.stdout.write('skipped: no small file system could be mounted (it takes root)\n')
      return skip()
    }
    await using trial = await RecorderTrial.start(disk.path)
    const { code, error } = await endingOf(trial)
    expect({ code, error }).toEqual({ code: 1, error: expect.stringContaining('ENOSPC') })
    const { reports, counts, lost } = await trial.recorded()
    expect(reports).toMatchObject([{ problems: [], close: { reason: 'disk-full' } }])
    // Behind the last sample that could be written a gap names those that could not.
    const there = new Map([...counts].map(([topic, next]) => [topic, next - (lost.get(topic) ?? 0)]))
    expect(missing(trial.acknowledged, there)).toEqual([])
    expect(there.get('/y/samples')).toBeGreaterThan(10_000)
    expect(await sidecarOf(disk.path)).toMatchObject({ state: 'damaged', verdict: { ok: false } })
    expect((await readdir(disk.path)).toSorted()).toEqual(['session.mcap', 'session.nodeacq.json'])
  })

  test('in a file that may not grow keeps all that was acknowledged, and the node fails', async ({ expect }) => {
    await using folder = await tempFolder()
    await using trial = await RecorderTrial.start(folder.path, {}, { shell: 'ulimit -f 20000' })
    const { code, error } = await endingOf(trial)
    expect({ code, error }).toEqual({ code: 1, error: expect.stringContaining('EFBIG') })
    const { reports, counts, lost } = await trial.recorded()
    // Whether its end has room is chance.
    expect(
      reports.flatMap(({ problems }) => problems).filter((problem) => !problem.startsWith('not closed: '))
    ).toEqual([])
    const there = new Map([...counts].map(([topic, next]) => [topic, next - (lost.get(topic) ?? 0)]))
    expect(missing(trial.acknowledged, there)).toEqual([])
    expect(there.get('/y/samples')).toBeGreaterThan(10_000)
  })

  test('whose folder vanishes fails and says so', async ({ expect }) => {
    await using folder = await tempFolder()
    await using trial = await RecorderTrial.start(folder.path)
    await started(trial)
    await waitFor(() => (trial.acknowledged.get('/y/samples') ?? 0) > 10_000)
    await rm(folder.path, { recursive: true })
    const { code, error } = await endingOf(trial)
    expect({ code, error }).toEqual({ code: 1, error: expect.stringMatching(/is gone|ENOENT/) })
  })

  test('goes on in another part when a sync fails, and never believes the one before', async ({ expect, skip }) => {
    await using folder = await tempFolder()
    await using tools = await tempFolder()
    const faults = await SystemFaults.prepare(tools.path)
    if (faults === undefined) {
      process.stdout.write('skipped: faults of the system take Linux and a C compiler\n')
      return skip()
    }
    await using trial = await RecorderTrial.start(folder.path, {}, { env: faults.env })
    await started(trial)
    await waitFor(() => (trial.acknowledged.get('/y/samples') ?? 0) > 10_000)
    await faults.failSyncs(1)
    await waitFor(() => faults.haveFailed(), { timeout: 60_000 })
    const before = trial.acknowledged.get('/y/samples')!
    await waitFor(() => trial.acknowledged.get('/y/samples')! > before + 20_000, { timeout: 60_000 })
    await trial.endStreams()
    const { code, error, ledger } = await endingOf(trial)
    expect({ code, error }).toEqual({ code: 1, error: expect.stringMatching(/may not be on the disk.*EIO/) })
    const { reports, counts } = await trial.recorded()
    expect(reports.map(({ close }) => (close as { reason: string }).reason)).toEqual(['sync failed', 'stop'])
    expect(counts).toEqual(trial.sent)
    expect(ledger.map(({ lostSamples }) => lostSamples)).toEqual([0, 0, 0])
    const sidecar = await sidecarOf(folder.path)
    expect(sidecar).toMatchObject({ state: 'damaged', verdict: { ok: false } })
    expect(JSON.stringify(sidecar['verdict'])).toMatch(/session.mcap: bytes \d+ to \d+ may not be on the disk/)
  })

  test('keeps its times in order when the wall clock is set, and loses nothing', async ({ expect, skip }) => {
    await using folder = await tempFolder()
    await using tools = await tempFolder()
    const faults = await SystemFaults.prepare(tools.path)
    if (faults === undefined) return skip()
    await using trial = await RecorderTrial.start(folder.path, {}, { env: faults.env, pause: 5 })
    await started(trial)
    const noticed = () => trial.recorder.errorLines.filter((line) => /set (forward|back) by/.test(line)).length
    for (const ms of [3_600_000, -3_600_000, 86_400_000]) {
      const before = noticed()
      // A step before the first look at the clock is none.
      for (let n = 0; noticed() === before; n++) {
        await faults.setClock(ms + n * 60_000)
        await sleep(1500)
      }
    }
    await trial.endStreams()
    const { code, error } = await endingOf(trial)
    expect({ code, error }).toEqual({ code: 0, error: undefined })
    const { reports, counts } = await trial.recorded()
    expect(reports.map(({ problems }) => problems)).toEqual([[]])
    expect(counts).toEqual(trial.sent)
    const times = await logTimes((await trial.parts())[0]!)
    expect(times.filter((time, k) => k > 0 && time < times[k - 1]!)).toEqual([])
    // The clock was set by hours; what was recorded took seconds.
    expect(Number(times.at(-1)! - times[0]!) / 1e9).toBeLessThan(3000)
  })

  test.for(['wait', 'realtime'] as const)(
    `of a process that stood still for ${STILL} s accounts for every sample, flow %s`,
    async (flow, { expect }) => {
      await using folder = await tempFolder()
      await using trial = await RecorderTrial.start(folder.path, {}, { flow, pause: 5 })
      await started(trial)
      await waitFor(() => (trial.acknowledged.get('/y/samples') ?? 0) > 10_000, { timeout: 60_000 })
      trial.recorder.kill('SIGSTOP')
      await sleep(STILL * 1000)
      const before = trial.acknowledged.get('/y/samples')!
      trial.recorder.kill('SIGCONT')
      await waitFor(() => trial.acknowledged.get('/y/samples')! > before, { timeout: 60_000 })
      await trial.endStreams()
      const { error, ledger } = await endingOf(trial)
      expect(error).toBeUndefined()
      const { reports, counts, lost } = await trial.recorded()
      expect(reports.map(({ problems }) => problems)).toEqual([[]])
      expect(counts).toEqual(trial.sent)
      const accounts = Object.fromEntries(ledger.map(({ name, ...account }) => [name, account]))
      for (const name of ['x', 'y']) {
        const topic = `/${name}/samples`
        const lostSamples = lost.get(topic) ?? 0
        const samples = trial.sent.get(topic)! - lostSamples
        expect(accounts[name]).toEqual({ samples, lostSamples, duplicatedSamples: 0 })
        expect(flow === 'wait' ? lostSamples : 0).toBe(0)
      }
      process.stdout.write(
        `stood still, flow ${flow}: ${lost.get('/y/samples') ?? 0} of ${trial.sent.get('/y/samples')} lost\n`
      )
    }
  )
})

/** Of all messages, ns. */
async function logTimes(path: string): Promise<bigint[]> {
  const file = await OpenFile.open(path)
  const times: bigint[] = []
  for await (const item of scanLog(new FileWindow(file))) {
    if (item.kind === 'chunk') times.push(...item.messages.map(({ logTime }) => logTime))
  }
  await file.close()
  return times
}
