import {
  Decimator,
  FirFilter,
  OverlapFiltfilt,
  Resampler,
  ReReference,
  SosFilter,
  type FilterDesign
} from '@nodeacq/nodes'
import type { Picture } from '../../bench/picture.ts'
import type { Panels } from '../drawPanels.ts'
import { runNode, type Received } from './runNode.ts'
import { DURATION, HOLE, linesOf, RATE, testSignal, traces } from './testSignal.ts'

const design: FilterDesign = { type: 'butter', order: 2, band: 'bandpass', frequencies: [7, 13] }

async function filtered(): Promise<Readonly<Record<'raw' | 'sos' | 'filtfilt' | 'fir', Received[]>>> {
  const signals = testSignal()
  const through = async (node: Parameters<typeof runNode>[0], config: object) =>
    (await runNode(node, { config }, { signals }))['signals']!
  return {
    raw: [...signals.pieces],
    sos: await through(new SosFilter({ name: 'sos' }), { design }),
    filtfilt: await through(new OverlapFiltfilt({ name: 'filtfilt' }), { design, chunkSize: 50, overlapSize: 100 }),
    fir: await through(new FirFilter({ name: 'fir' }), {
      design: { taps: 101, band: 'bandpass', frequencies: [7, 13] }
    })
  }
}

/** What the three filters make of the test signal, and how they lie in time. */
export async function filterPictures(): Promise<{ panels: Panels; delays: Picture }> {
  const { raw, sos, filtfilt, fir } = await filtered()
  const range = [-60, 60] as const
  const within = (received: Received[]) =>
    traces(received)
      .flat()
      .filter(([t]) => t >= 0.85 && t <= 1.15)
      .map(([t, value]) => [1000 * t, value] as const)
  return {
    panels: {
      file: 'dsp-filters',
      title: 'The test signal through three filters, 7–13 Hz',
      time: { from: 0, to: DURATION, step: 0.5, label: 's' },
      holes: [HOLE],
      panels: [
        { label: 'signal, Fz\n(µV)', range, lines: linesOf(raw) },
        { label: 'SosFilter\nbutter, order 2', range, lines: linesOf(sos, {}, 1) },
        { label: 'OverlapFiltfilt\nthe same, both ways', range, lines: linesOf(filtfilt, {}, 2) },
        { label: 'FirFilter\n101 taps', range, lines: linesOf(fir, {}, 3) }
      ]
    },
    delays: {
      file: 'dsp-delays',
      title: 'The same in the middle of a burst',
      x: { label: 'ms', scale: 'linear', ticks: [850, 950, 1050, 1150].map((value) => [value, `${value}`]) },
      y: { label: 'µV', scale: 'linear', ticks: [-40, 0, 40, 80].map((value) => [value, `${value}`]) },
      curves: [
        { name: 'signal', points: within(raw) },
        { name: 'SosFilter', points: within(sos) },
        { name: 'OverlapFiltfilt', points: within(filtfilt) },
        { name: 'FirFilter', points: within(fir) }
      ]
    }
  }
}

/** A piece of the test signal at other rates. */
export async function ratePicture(): Promise<Picture> {
  const signals = testSignal()
  const through = async (node: Parameters<typeof runNode>[0], config: object) =>
    (await runNode(node, { config }, { signals }))['signals']!
  const decimated = await through(new Decimator({ name: 'decimator' }), { factor: 5 })
  const resampled = await through(new Resampler({ name: 'resampler' }), { sampleRate: 80 })
  const curve = (name: string, received: readonly Received[], rate: number) => ({
    name,
    points: traces(received, { rate })
      .flat()
      .filter(([t]) => t >= 0.85 && t <= 1.05)
      .map(([t, value]) => [1000 * t, value] as const)
  })
  return {
    file: 'dsp-rates',
    title: 'A piece of the test signal at other rates',
    x: { label: 'ms', scale: 'linear', ticks: [850, 900, 950, 1000, 1050].map((value) => [value, `${value}`]) },
    y: { label: 'µV', scale: 'linear', ticks: [-20, 0, 20, 40, 60].map((value) => [value, `${value}`]) },
    curves: [
      curve('signal, 250 Hz', signals.pieces, RATE),
      curve('Decimator, 50 Hz', decimated, RATE / 5),
      curve('Resampler, 80 Hz', resampled, 80)
    ]
  }
}

/** Two channels and their difference. */
export async function referencePicture(): Promise<Panels> {
  const signals = testSignal()
  const config = { reference: { bipolar: [['Fz', 'Cz']] } }
  const { signals: bipolar } = await runNode(new ReReference({ name: 'reference' }), { config }, { signals })
  const range = [-60, 60] as const
  return {
    file: 'dsp-reference',
    title: 'ReReference: what two channels share goes away',
    time: { from: 0, to: DURATION, step: 0.5, label: 's' },
    holes: [HOLE],
    panels: [
      { label: 'Fz (µV)', range, lines: linesOf(signals.pieces) },
      { label: 'Cz (µV)', range, lines: linesOf(signals.pieces, { channel: 1 }) },
      { label: 'Fz-Cz (µV)\nbipolar', range, lines: linesOf(bipolar!, {}, 1) }
    ]
  }
}
