/** Colours of a picture as `#rrggbb`. */
export interface Theme {
  readonly background: string
  readonly grid: string
  readonly lost: string
  readonly head: string
  readonly traces: readonly string[]
  readonly marks: readonly string[]
}

/** Colours of a picture as pixels: bytes R, G, B, A in memory. */
export interface Palette {
  readonly background: number
  readonly grid: number
  readonly lost: number
  readonly head: number
  /** Each trace in {@link SHADES} steps from the background to its colour. */
  readonly traces: readonly Uint32Array[]
  readonly marks: Uint32Array
}

/** Steps of coverage of a pixel: 0 is none, the last is all of it. */
export const SHADES = 9

export const DARK: Theme = {
  background: '#0b0e12',
  grid: '#1c222b',
  lost: '#5a3038',
  head: '#93a0b0',
  traces: ['#6cb6ff', '#f2a65a', '#7fd1a3', '#e58fb1', '#b79cf2', '#e6d36a', '#62cfd6', '#f08a7b'],
  marks: ['#e3a33b', '#3fb27f', '#b79cf2', '#62cfd6']
}

export const LIGHT: Theme = {
  background: '#ffffff',
  grid: '#e6eaee',
  lost: '#f0c4c4',
  head: '#5a6675',
  traces: ['#0b63c5', '#a85100', '#15794b', '#a6286a', '#6a3fc0', '#7a6500', '#006d77', '#b3321f'],
  marks: ['#8f5a00', '#15794b', '#6a3fc0', '#006d77']
}

/** The pixels of a theme. */
export function paletteOf(theme: Theme): Palette {
  const background = rgb(theme.background)
  return {
    background: pixel(background),
    grid: pixel(rgb(theme.grid)),
    lost: pixel(rgb(theme.lost)),
    head: pixel(rgb(theme.head)),
    traces: theme.traces.map((colour) =>
      Uint32Array.from({ length: SHADES }, (_, k) => pixel(mix(background, rgb(colour), k / (SHADES - 1))))
    ),
    marks: Uint32Array.from(theme.marks, (colour) => pixel(rgb(colour)))
  }
}

type Rgb = readonly [number, number, number]

function rgb(colour: string): Rgb {
  const value = Number.parseInt(colour.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return from.map((value, k) => Math.round(value + (to[k]! - value) * share)) as unknown as Rgb
}

/** Little-endian, as every browser's and Node's machine is. */
function pixel([r, g, b]: Rgb): number {
  return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0
}
