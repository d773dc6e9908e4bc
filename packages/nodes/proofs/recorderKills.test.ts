import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom, tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { openSampleFile, repairLog } from '../src/index.ts'
import { RecorderTrial } from './RecorderTrial.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const KILLS = process.env['NODEACQ_SOAK'] === '1' ? 300 : 20
const TOGETHER = 4

/** Where in the life of a recording it is killed, and after how many ms at most. */
const MOMENTS = [
  { name: 'while it starts', within: 60, options: {} },
  { name: 'at full speed', within: 400, options: {} },
  { name: 'at full speed, synced often', within: 400, options: { sync: 0.02 } },
  { name: 'while parts change', within: 500, options: { partSize: 0.001 } },
  { name: 'while it closes', within: 80, options: {} }
] as const

interface Outcome {
  readonly moment: string
  readonly acknowledged: number
  readonly parts: number
}

async function killOne(k: number, random: () => number): Promise<Outcome> {
  const { name, within, options } = MOMENTS[k % MOMENTS.length]!
  await using folder = await tempFolder()
  await using trial = await RecorderTrial.start(folder.path, options)
  await trial.recorder.line(name === 'while it starts' ? 'connected' : 'recording', { timeout: 60_000 })
  if (name === 'while it closes') {
    await sleep(random() * 200)
    trial.recorder.input.end()
    await trial.recorder.line('closing', { timeout: 60_000 })
  }
  await sleep(random() * within)
  const acknowledged = await trial.kill()
  const { reports, counts } = await trial.recorded()
  for (const [topic, safe] of acknowledged) {
    expect(counts.get(topic) ?? 0, `kill ${k} ${name}, ${topic}`).toBeGreaterThanOrEqual(safe)
  }
  for (const [part, report] of reports.entries()) {
    const where = `kill ${k} ${name}, part ${part + 1}`
    // Nothing is wrong but a missing end, and what was being written.
    const wrong = report.isClosed ? report.problems : report.damage.filter(({ to }) => to < report.bytes)
    expect({ where, wrong }).toEqual({ where, wrong: [] })
    await checkRepair(report.path, where)
  }
  return { moment: name, acknowledged: [...acknowledged.values()].reduce((a, b) => a + b), parts: reports.length }
}

/** A repaired file is whole, and has what the damaged one has. */
async function checkRepair(path: string, where: string): Promise<void> {
  const { source, result, lost } = await repairLog(path, `${path}.repaired.mcap`)
  expect({ where, problems: result.problems, lost: [...lost] }).toEqual({ where, problems: [], lost: [] })
  const counts = (streams: typeof source.streams) =>
    [...streams.values()].map(({ received, messages }) => [received, messages])
  expect([where, counts(result.streams)]).toEqual([where, counts(source.streams)])
  for (const each of [path, result.path]) {
    await using file = await openSampleFile(each)
    for (const { name, sampleCount } of file.streams) {
      expect(sampleCount, `${where} ${name}`).toBe(source.streams.get(`/${name}/samples`)!.received)
    }
  }
}

test(
  `killed at any moment, a recording has every sample that was acknowledged, once (seed ${SEED})`,
  async () => {
    const random = seededRandom(SEED)
    const outcomes: Outcome[] = []
    for (let k = 0; k < KILLS; k += TOGETHER) {
      const kills = Array.from({ length: TOGETHER }, (_, n) => killOne(k + n, random))
      outcomes.push(...(await Promise.all(kills)))
    }
    for (const { name } of MOMENTS) {
      const own = outcomes.filter(({ moment }) => moment === name)
      const acknowledged = own.reduce((sum, each) => sum + each.acknowledged, 0)
      const parts = own.reduce((sum, each) => sum + each.parts, 0)
      process.stdout.write(`${own.length} kills ${name}: ${acknowledged} samples acknowledged, ${parts} files\n`)
    }
    expect(outcomes.filter(({ acknowledged }) => acknowledged > 0).length).toBeGreaterThan(KILLS / 3)
  },
  KILLS * 15_000
)
