import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { CerebusSimulator } from '@nodeacq/nodes'
import { freeUdpPort } from 'testing'
import { expect, test } from 'vitest'
import { PYTHON, runPython } from './python.ts'

const hasClient = await promisify(execFile)(PYTHON, [
  '-W',
  'ignore',
  '-c',
  'from pycbsdk.cbhw.io import datagram'
]).then(
  () => true,
  () => false
)
if (!hasClient) console.log(`skipped: a Python client of Cerebus instruments: ${PYTHON} has no package 'pycbsdk' 0.4`)

interface Report {
  readonly runLevel: number
  readonly frequency: number
  readonly isGemini: boolean
  readonly groups: Readonly<Record<string, readonly number[]>>
  readonly labels: readonly string[]
  readonly sampleGroups: readonly number[]
  readonly scales: readonly (readonly number[])[]
  readonly times: readonly number[]
  readonly ramp: readonly number[]
}

test.skipIf(!hasClient)('the unmodified pycbsdk reads the configuration and the samples of the simulator', async () => {
  await using simulator = await CerebusSimulator.start({ groupOf: [5, 5, 2, 5, 6, 5] })
  const lines = await runPython('cerebus_client.py', [String(simulator.port), String(await freeUdpPort())])
  const report = JSON.parse(lines.find((line) => line.startsWith('REPORT '))!.slice('REPORT '.length)) as Report
  expect(report).toMatchObject({
    runLevel: 50,
    frequency: 1e9,
    isGemini: true,
    groups: { 1: [], 2: [3], 5: [1, 2, 4, 6], 6: [5] },
    labels: ['chan1', 'chan2', 'chan3', 'chan4', 'chan5', 'chan6'],
    sampleGroups: [5, 5, 2, 5, 6, 5],
    scales: Array.from({ length: 6 }, () => [32_764, 8191])
  })
  // The last channel of the group is the ramp over 1000 samples; a datagram that this machine dropped shows in both.
  const { times, ramp } = report
  expect(times.length).toBeGreaterThan(3000)
  const steps = times.slice(1).map((time, k) => Math.round(((time - times[k]!) * 30_000) / 1e9))
  const jumps = ramp.slice(1).map((value, k) => (value - ramp[k]! + 1000) % 1000)
  expect(jumps).toEqual(steps.map((step) => step % 1000))
})
