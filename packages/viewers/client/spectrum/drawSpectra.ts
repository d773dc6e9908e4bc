import { ticks, stepFor } from '../../src/display/steps.ts'
import type { Theme } from '../../src/raster/palette.ts'

/** What is drawn: power over frequency, a line for each channel. */
export interface Spectra {
  /** `[channel][bin]`; NaN is nothing. */
  readonly power: Float32Array
  readonly bins: number
  readonly channels: readonly number[]
  /** Hz from one bin to the next. */
  readonly step: number
}

export interface SpectraLook {
  /** Hz. */
  readonly lowest: number
  readonly highest: number
  readonly isLogarithmic: boolean
  readonly theme: Theme
  readonly text: string
  readonly ratio: number
}

/** Pixels beside and below the plot for the numbers. */
const LEFT = 64
const BOTTOM = 22
const LINES = 10
const FONT = '11px ui-monospace, monospace'
/** Decades that are shown at most, below the highest power. */
const DECADES = 8

/** Draws spectra on a canvas. */
export function drawSpectra(
  context: CanvasRenderingContext2D,
  spectra: Spectra | undefined,
  { lowest, highest, isLogarithmic, theme, text, ratio }: SpectraLook
): void {
  const width = context.canvas.width / ratio
  const height = context.canvas.height / ratio
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.fillStyle = theme.background
  context.fillRect(0, 0, width, height)
  if (spectra === undefined) return
  const [bottom, top] = rangeOf(spectra, { lowest, highest, isLogarithmic })
  const x = (frequency: number): number => LEFT + ((frequency - lowest) / (highest - lowest)) * (width - LEFT)
  const y = (value: number): number => (1 - (value - bottom) / (top - bottom)) * (height - BOTTOM)
  context.font = FONT
  context.lineWidth = 1
  context.strokeStyle = theme.grid
  context.fillStyle = text
  context.textAlign = 'center'
  for (const frequency of ticks(lowest, highest, stepFor(highest - lowest, LINES))) {
    line(context, [x(frequency), 0], [x(frequency), height - BOTTOM])
    context.fillText(String(frequency), x(frequency), height - 6)
  }
  context.textAlign = 'right'
  for (const value of ticks(bottom, top, isLogarithmic ? 1 : stepFor(top - bottom, LINES))) {
    line(context, [LEFT, y(value)], [width, y(value)])
    context.fillText(isLogarithmic ? `1e${value}` : String(value), LEFT - 4, y(value) + 4)
  }
  spectra.channels.forEach((channel, k) => {
    context.strokeStyle = theme.traces[channel % theme.traces.length]!
    context.beginPath()
    for (let bin = Math.max(isLogarithmic ? 1 : 0, Math.floor(lowest / spectra.step)); bin < spectra.bins; bin++) {
      if (bin * spectra.step > highest) break
      context.lineTo(x(bin * spectra.step), y(valueOf(spectra.power[k * spectra.bins + bin]!, isLogarithmic)))
    }
    context.stroke()
  })
}

/** Lowest and highest value of the y axis: whole decades, or from 0. */
function rangeOf(
  { power, bins, channels, step }: Spectra,
  { lowest, highest, isLogarithmic }: Pick<SpectraLook, 'lowest' | 'highest' | 'isLogarithmic'>
): [number, number] {
  let low = Infinity
  let high = 0
  for (let k = 0; k < channels.length * bins; k++) {
    const frequency = (k % bins) * step
    const value = power[k]!
    if (k % bins === 0 || frequency < lowest || frequency > highest || !(value > 0)) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (!(high > 0)) return [0, 1]
  if (!isLogarithmic) return [0, high]
  const top = Math.ceil(Math.log10(high))
  return [Math.max(top - DECADES, Math.min(top - 1, Math.floor(Math.log10(low)))), top]
}

function valueOf(power: number, isLogarithmic: boolean): number {
  return isLogarithmic ? Math.log10(Math.max(power, Number.MIN_VALUE)) : power
}

function line(context: CanvasRenderingContext2D, from: readonly [number, number], to: readonly [number, number]): void {
  context.beginPath()
  context.moveTo(...from)
  context.lineTo(...to)
  context.stroke()
}
