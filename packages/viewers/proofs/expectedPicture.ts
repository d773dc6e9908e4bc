import { waitFor } from 'testing'
import {
  ColumnRing,
  DARK,
  LIGHT,
  lanesOf,
  MemorySurface,
  paletteOf,
  ScrollPainter,
  stepFor,
  SweepPainter,
  type Axis,
  type Trace
} from '../src/index.ts'
import { Page } from '../test/Page.ts'
import type { Png } from './decodePng.ts'

/** What a page is set to. */
export interface Look {
  readonly window: number
  readonly isSweep: boolean
  readonly isDark: boolean
  readonly ratio: number
  readonly traces: readonly Trace[]
  readonly axis: Axis
}

/** Lines over the width of the picture, as the page has them. */
const GRID_LINES = 10

/** The picture that a page of this size should show, drawn here from what the server of a link sends to such a page. */
export async function expectedPicture(
  link: string,
  { width, height }: { width: number; height: number },
  { window, isSweep, isDark, ratio, traces, axis }: Look
): Promise<Png> {
  const page = await Page.open(link)
  const channels = traces.map((_, channel) => channel)
  page.say({ type: 'subscribe', id: 1, node: 'scope', channels, width, window })
  const { signal, scale, offset } = await page.hears('subscribed')
  await waitFor(() => page.columns.length > 0)
  const message = page.columns[0]!
  const rate = signal!.sampleRate
  const ring = new ColumnRing({ channels: channels.length, columns: width, samplesPerColumn: (window * rate) / width })
  const { first, samplesPerColumn, columns, values } = message
  const ownScale = message.scale ?? scale
  const ownOffset = message.offset ?? offset
  if (message.type === 'raw') ring.writeSamples({ first, count: columns, values })
  else ring.write({ first, width: samplesPerColumn, count: columns, values, scale: ownScale, offset: ownOffset })
  for (const said of page.said) {
    if (said.type === 'gap') ring.lose(said)
    if (said.type === 'events') for (const { index } of said.events) ring.mark(index, 1)
  }
  page.close()
  const head = ring.columnOf(first + columns * samplesPerColumn - 1) + 1
  const scene = {
    height,
    lanes: lanesOf(traces, axis, { height, colours: channels }),
    palette: paletteOf(isDark ? DARK : LIGHT),
    thickness: ratio,
    gridStep: isSweep ? (stepFor(window, GRID_LINES) * rate) / ring.samplesPerColumn : 0
  }
  const surface = new MemorySurface(width, height)
  if (isSweep) {
    new SweepPainter(surface).redraw(ring, scene, head)
    return { width, height, pixels: surface.pixels }
  }
  const shown = new Uint32Array(width * height)
  for (const { fromX, toX, width: count } of new ScrollPainter(surface).redraw(ring, scene, head)) {
    for (let row = 0; row < height; row++) {
      const from = row * width + fromX
      shown.set(surface.pixels.subarray(from, from + count), row * width + toX)
    }
  }
  return { width, height, pixels: shown }
}
