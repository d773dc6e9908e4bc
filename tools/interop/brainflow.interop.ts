import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { CytonSimulator } from '@nodeacq/nodes'
import { expect, test } from 'vitest'
import { PYTHON, runPython } from './python.ts'

const hasBrainFlow = await promisify(execFile)(PYTHON, ['-c', 'import brainflow']).then(
  () => true,
  () => false
)
if (!hasBrainFlow) console.log(`skipped: BrainFlow: ${PYTHON} has no package 'brainflow'`)

interface Report {
  readonly replies: readonly string[]
  readonly rate: number
  readonly numbers: readonly number[]
  readonly first: readonly number[]
  readonly last: readonly number[]
  readonly acceleration: readonly (readonly number[])[]
  readonly finite: boolean
}

async function session(simulator: CytonSimulator, boardId: number, samples: number): Promise<Report> {
  const lines = await runPython('brainflow_session.py', [String(boardId), simulator.address, String(samples)])
  return JSON.parse(lines.find((line) => line.startsWith('REPORT '))!.slice('REPORT '.length)) as Report
}

/** Counts of the ramp, of 100 each, as µV at a gain of 24. */
const STEP = (100 * 4.5e6) / 24 / (2 ** 23 - 1)

function rampSteps(values: readonly number[]): number[] {
  return values.slice(1).map((value, k) => (Math.round((value - values[k]!) / STEP) + 1000) % 1000)
}

test.skipIf(!hasBrainFlow)(
  'BrainFlow drives the simulated Cyton: handshake, commands, every packet in order',
  async () => {
    await using simulator = await CytonSimulator.start()
    const report = await session(simulator, 0, 600)
    expect(report.replies).toEqual(['Success: Channel set for 2$$$', 'v3.1.5$$$'])
    expect(simulator.model.channels[1]!.gain).toBe(6)
    expect(report.rate).toBe(250)
    const first = report.numbers[0]!
    expect(first).toBe(0)
    expect(report.numbers).toEqual(report.numbers.map((_, k) => (first + k) % 256))
    expect(rampSteps(report.last).every((step) => step === 1)).toBe(true)
    expect(Math.max(...report.first)).toBeCloseTo(50_000 * (STEP / 100), 0)
    expect(report.acceleration[2]!.some((value) => Math.abs(value - 1) < 0.001)).toBe(true)
  }
)

test.skipIf(!hasBrainFlow)(
  'BrainFlow drives the simulated Cyton with Daisy: sixteen channels, every pair of packets',
  async () => {
    await using simulator = await CytonSimulator.start({ hasDaisy: true })
    const report = await session(simulator, 2, 300)
    expect(report.rate).toBe(125)
    expect(report.numbers.length).toBeGreaterThanOrEqual(300)
    expect(rampSteps(report.last).every((step) => step === 1)).toBe(true)
    expect(report.finite).toBe(true)
  }
)
