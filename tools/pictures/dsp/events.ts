import { AnalogTrigger, DigitalTrigger, SosFilter } from '@nodeacq/nodes'
import { NdArray } from '@nodeacq/ndarray'
import { readEvents } from '@nodeacq/stream'
import type { Panels } from '../drawPanels.ts'
import { runNode, type Received, type Sent } from './runNode.ts'
import { DURATION, HOLE, linesOf, RATE, testSignal, traces } from './testSignal.ts'

const THRESHOLD = 10

const secondsOf = (events: readonly Received[]) =>
  events.flatMap(({ data }) => readEvents(data).map(({ index }) => index / RATE))

/** Triggers on the test signal behind a band-pass. */
export async function triggerPicture(): Promise<Panels> {
  const signals = testSignal()
  const design = { type: 'butter', order: 2, band: 'bandpass', frequencies: [7, 13] }
  const { signals: pieces } = await runNode(new SosFilter({ name: 'filter' }), { config: { design } }, { signals })
  const band = { spec: signals.spec, pieces: pieces! }
  const { events: rises } = await runNode(
    new AnalogTrigger({ name: 'trigger' }),
    { params: { threshold: THRESHOLD } },
    { signals: band }
  )
  const bits: Sent = {
    spec: { dtype: 'uint8', shape: [-1, 1], sampleRate: RATE, streamType: 'digitalsignal' },
    pieces: pieces!.map(({ data, index }) => ({ index, data: bitsOf(index - data.length, index) }))
  }
  const { events } = await runNode(new DigitalTrigger({ name: 'bits' }), { params: { channel: 2 } }, { signals: bits })
  const bitLines = traces(bits.pieces).map((points) => ({ points: points.map(([t, v]) => [t, v / 4] as const) }))
  return {
    file: 'dsp-triggers',
    title: 'Events of AnalogTrigger and DigitalTrigger',
    time: { from: 0, to: DURATION, step: 0.5, label: 's' },
    holes: [HOLE],
    panels: [
      { label: 'signal, 7–13 Hz\n(µV), threshold 10', range: [-40, 40], lines: linesOf(pieces!), level: THRESHOLD },
      { label: 'AnalogTrigger', range: [0, 1], marks: [{ name: 'front +', at: secondsOf(rises!) }] },
      {
        label: 'bit 2 and\nDigitalTrigger,\nfront +',
        range: [-0.2, 1.2],
        lines: bitLines,
        marks: [{ name: '', at: secondsOf(events!) }]
      }
    ]
  }
}

/** Bit 2 is set for 0.3 s of each second. */
function bitsOf(from: number, to: number): NdArray {
  const rows = Array.from({ length: to - from }, (_, k) => [(from + k) % RATE < 0.3 * RATE ? 0b100 : 0])
  return NdArray.from(rows, 'uint8')
}
