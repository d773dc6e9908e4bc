import { measureNodeacq, measurePylsl } from './lsl/measure.ts'
import { row, type Row } from './rows.ts'
import type { BenchContext, Measured, Suite } from './suite.ts'

const CHANNELS = 256
const RATE = 30_000
const CASE = `${CHANNELS} ch × ${RATE / 1000} kHz float32, loopback`

export const lslSuite: Suite = {
  name: 'lsl',
  parts: [
    {
      name: 'lsl',
      title: 'Lab Streaming Layer',
      about:
        'An outlet in one process sends 256 channels of float32 at 30 kHz (30.7 MB/s) in chunks of 10 ms to an inlet in another, over ' +
        'TCP on loopback; the same with pylsl (liblsl) at both ends. What comes, and the processor time of each end.',
      seconds: { full: 45, quick: 14 },
      run: measureLsl
    }
  ]
}

async function measureLsl({ quick, step }: BenchContext): Promise<Measured> {
  const load = { channels: CHANNELS, rate: RATE, seconds: quick ? 4 : 15 }
  step('nodeacq')
  const ours = await measureNodeacq(load)
  step('pylsl')
  const peer = await measurePylsl(load)
  const of = { suite: 'lsl', case: CASE }
  const rows: Row[] = [
    {
      metric: 'samples that came',
      unit: 'kHz',
      value: ours.rate / 1000,
      peerValue: peer?.rate && peer.rate / 1000,
      better: 'more' as const
    },
    {
      metric: 'outlet cpu',
      unit: 'cores',
      value: ours.outletCores,
      peerValue: peer?.outletCores,
      better: 'less' as const
    },
    { metric: 'inlet cpu', unit: 'cores', value: ours.inletCores, peerValue: peer?.inletCores, better: 'less' as const }
  ].map(({ peerValue, ...figure }) => row({ ...of, ...figure, ...(peer && { peer: peer.name, peerValue }) }))
  return {
    rows: [...rows, row({ ...of, metric: 'samples missing', unit: 'samples', value: ours.missing, better: 'less' })]
  }
}
