import type { ColumnRing } from './ColumnRing.ts'
import { SHADES, type Palette } from './palette.ts'

/** Where and how a channel is drawn. */
export interface Lane {
  /** Its place in the ring. */
  readonly channel: number
  /** Rows of the lane, from the top of the picture. */
  readonly top: number
  readonly bottom: number
  /** Row at which `offset` lies. */
  readonly centre: number
  /** Rows per unit, upwards; below 0 turns the trace upside down. */
  readonly scale: number
  /** In units of the signal. */
  readonly offset: number
  /** Number of its colour in the palette. */
  readonly colour: number
}

/** Everything that decides what a column looks like, beside its data. */
export interface Scene {
  readonly height: number
  readonly lanes: readonly Lane[]
  readonly palette: Palette
  /** Rows that a line at least is thick. */
  readonly thickness: number
  /** Columns from one upright line to the next; 0: none. */
  readonly gridStep: number
}

/** Rows of the pattern of lost samples, and those of them that are coloured. */
const HATCH = 8
const HATCH_ROWS = 3

/**
 * Draws columns `[from, from + count)` of a ring into `target`, `height` rows of `count` pixels. What a column looks like
 * depends on its own data and that of the column before alone, so drawing only what has changed gives the same picture
 * as drawing everything.
 */
export function rasterize(ring: ColumnRing, scene: Scene, target: Uint32Array, { from, count }: Strip): void {
  for (let k = 0; k < count; k++) {
    const column = from + k
    drawGround(ring, scene, target, { column, x: k, stride: count })
    if (!ring.has(column)) continue
    for (const lane of scene.lanes) drawTrace(ring, scene, target, { lane, column, x: k, stride: count })
  }
}

export interface Strip {
  readonly from: number
  readonly count: number
}

interface Place {
  readonly column: number
  readonly x: number
  readonly stride: number
}

function drawGround(ring: ColumnRing, scene: Scene, target: Uint32Array, { column, x, stride }: Place): void {
  const { height, palette, gridStep } = scene
  const mark = ring.markIn(column)
  const isGrid = gridStep > 0 && Math.floor(column / gridStep) !== Math.floor((column - 1) / gridStep)
  const ground = mark > 0 ? markColour(palette, mark) : isGrid ? palette.grid : palette.background
  for (let row = 0, at = x; row < height; row++, at += stride) target[at] = ground
  if (ring.isLost(column)) hatch(target, { column, x, stride, top: 0, bottom: height, colour: palette.lost })
}

function markColour({ marks }: Palette, mark: number): number {
  return marks[(mark - 1) % marks.length]!
}

function hatch(
  target: Uint32Array,
  { column, x, stride, top, bottom, colour }: Place & { top: number; bottom: number; colour: number }
): void {
  for (let row = top, at = x + top * stride; row < bottom; row++, at += stride) {
    if ((column + row) % HATCH < HATCH_ROWS) target[at] = colour
  }
}

function drawTrace(
  ring: ColumnRing,
  scene: Scene,
  target: Uint32Array,
  { lane, column, x, stride }: Place & { lane: Lane }
): void {
  const { height, palette, thickness } = scene
  let low = ring.min(lane.channel, column)
  let high = ring.max(lane.channel, column)
  if (low > high) {
    const top = Math.max(0, Math.round(lane.top))
    const bottom = Math.min(height, Math.round(lane.bottom))
    return hatch(target, { column, x, stride, top, bottom, colour: palette.lost })
  }
  if (ring.has(column - 1)) {
    // Joined to the column before, so that a steep edge is one line.
    const lowBefore = ring.min(lane.channel, column - 1)
    const highBefore = ring.max(lane.channel, column - 1)
    if (lowBefore <= highBefore) {
      if (highBefore < low) low = highBefore
      if (lowBefore > high) high = lowBefore
    }
  }
  const a = lane.centre - (high - lane.offset) * lane.scale
  const b = lane.centre - (low - lane.offset) * lane.scale
  let top = Math.min(a, b)
  let bottom = Math.max(a, b)
  if (bottom - top < thickness) {
    const middle = (top + bottom) / 2
    top = middle - thickness / 2
    bottom = middle + thickness / 2
  }
  // Not only outside values: huge ones would leave the numbers that rows can be.
  top = Math.max(0, top)
  bottom = Math.min(height, bottom)
  if (!(bottom > top)) return
  const shades = palette.traces[lane.colour % palette.traces.length]!
  const first = Math.floor(top)
  const last = Math.ceil(bottom) - 1
  const solid = shades[SHADES - 1]!
  blend(target, first * stride + x, Math.min(bottom, first + 1) - top, { shades, palette })
  for (let row = first + 1, at = (first + 1) * stride + x; row < last; row++, at += stride) target[at] = solid
  if (last > first) blend(target, last * stride + x, bottom - last, { shades, palette })
}

/** A pixel of which a share is covered. Over another trace it is drawn only where it covers half of it. */
function blend(
  target: Uint32Array,
  at: number,
  share: number,
  { shades, palette }: { shades: Uint32Array; palette: Palette }
): void {
  const shade = Math.round(share * (SHADES - 1))
  const below = target[at]
  const isFree = below === palette.background || below === palette.grid
  if (isFree ? shade > 0 : 2 * shade >= SHADES - 1) target[at] = shades[shade]!
}
