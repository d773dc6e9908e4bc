import { expect, test } from 'vitest'
import { judgeTrial, type TrialEvidence } from './judgeTrial.ts'

const GOOD: TrialEvidence = {
  seconds: 10,
  failures: [],
  edges: [{ from: 'device-1.signals', to: 'recorder.device-1', lostSamples: 0 }],
  sentSamples: 1000,
  recordedSamples: 1000,
  backlog: [0.01, 0.3, 0.02, 0.01, 0.02, 0.2, 0.01, 0.02],
  pace: { lag: 0.001, maxLag: 0.2 },
  latencyP99: 20
}
const judge = (change: Partial<TrialEvidence>) => judgeTrial({ ...GOOD, ...change }, { maxLatency: 100 })

test('nothing speaks against a queue that swings and a device that catches up', () => {
  expect(judge({})).toEqual([])
  expect(judge({ latencyP99: null, backlog: [] })).toEqual([])
})

test.each([
  ['failed', { failures: ["node 'recorder' failed: ENOSPC"] }, "node 'recorder' failed: ENOSPC"],
  [
    'lost',
    { edges: [{ from: 'a.signals', to: 'recorder.a', lostSamples: 1234 }] },
    '1,234 samples lost on a.signals → recorder.a'
  ],
  ['lost', { recordedSamples: 990 }, '10 samples that were sent are not in the files'],
  ['pace', { pace: { lag: 0.4, maxLag: 0.4 } }, 'a device cannot make its samples in time: it was 400 ms late'],
  ['pace', { pace: { lag: 0, maxLag: 1.5 } }, 'a device cannot make its samples in time: it was 1.5 s late'],
  ['behind', { backlog: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7] }, 'the recorder falls behind: by 700 ms within 10.0 s'],
  ['behind', { backlog: [0, 3, 0, 0] }, 'the recorder falls behind: by 3.0 s within 10.0 s'],
  ['late', { latencyP99: 250 }, '1 % of the chunks take 250 ms or more to a viewer, 100 ms are allowed']
] as const)('%s', (kind, change, text) => {
  expect(judge(change)).toEqual([{ kind, text }])
})
