import { COLOURS } from '../bench/drawPicture.ts'
import { escapeText, round, text } from '../bench/svg.ts'

/** Values over time as colours. */
export interface HeatMap {
  /** `(columns, values of a column)`; a column of `undefined` was not there. */
  readonly columns: readonly (ArrayLike<number> | undefined)[]
  /** Time of the first column and from one to the next. */
  readonly from: number
  readonly step: number
  /** What the first and the last value of a column stand for. */
  readonly range: readonly [number, number]
}

/** Part of a drawing: lines, marks or a map over the time that all parts share. */
export interface Panel {
  readonly label: string
  /** Lowest and highest value that is shown, and written at the axis. */
  readonly range: readonly [number, number]
  readonly lines?: readonly { readonly points: readonly (readonly [number, number])[]; readonly colour?: number }[]
  /** A line across. */
  readonly level?: number
  /** Upright strokes with a name, row under row. */
  readonly marks?: readonly { readonly name: string; readonly at: readonly number[]; readonly colour?: number }[]
  readonly map?: HeatMap
}

/** Panels below each other. */
export interface Panels {
  readonly file: string
  readonly title: string
  readonly time: { readonly from: number; readonly to: number; readonly step: number; readonly label: string }
  /** Times without samples. */
  readonly holes?: readonly (readonly [number, number])[]
  readonly panels: readonly Panel[]
}

const WIDTH = 760
const [LEFT, RIGHT] = [190, 740]
const [TOP, HEIGHT, SPACE] = [40, 84, 12]
/** From dark to bright, even for the eye (viridis). */
const HEAT = '440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725'.split(' ')

/** The panels as SVG. */
export function drawPanels({ title, time, holes = [], panels }: Panels): string {
  const across = (value: number) => round(LEFT + ((value - time.from) / (time.to - time.from)) * (RIGHT - LEFT))
  const bottom = TOP + panels.length * (HEIGHT + SPACE)
  const ticks = Array.from(
    { length: Math.floor((time.to - time.from) / time.step + 1.001) },
    (_, k) => time.from + k * time.step
  )
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 44}" font-family="sans-serif" font-size="12">`,
    `<title>${escapeText(title)}</title>`,
    `<rect width="${WIDTH}" height="${bottom + 44}" fill="white"/>`,
    text(title, { x: 16, y: 24, size: 15 }),
    ...panels.flatMap((panel, k) => drawPanel(panel, TOP + k * (HEIGHT + SPACE), across)),
    ...holes.map(
      ([from, to]) =>
        `<rect x="${across(from)}" y="${TOP}" width="${round(across(to) - across(from))}" height="${bottom - TOP - SPACE}" fill="#888" fill-opacity="0.3"/>`
    ),
    ...ticks.flatMap((value) => [
      `<path d="M${across(value)} ${bottom - SPACE}v5" stroke="black"/>`,
      text(String(Number(value.toFixed(6))), { x: across(value), y: bottom + 10, anchor: 'middle' })
    ]),
    text(time.label, { x: (LEFT + RIGHT) / 2, y: bottom + 30, anchor: 'middle' }),
    '</svg>'
  ]
  return `${lines.join('\n')}\n`
}

function drawPanel(
  { label, range, lines = [], level, marks = [], map }: Panel,
  top: number,
  across: (value: number) => number
): string[] {
  const [low, high] = range
  const up = (value: number) =>
    round(top + HEIGHT - ((Math.min(Math.max(value, low), high) - low) / (high - low)) * HEIGHT)
  const rowHeight = HEIGHT / Math.max(1, marks.length)
  return [
    `<rect x="${LEFT}" y="${top}" width="${RIGHT - LEFT}" height="${HEIGHT}" fill="none" stroke="#bbb"/>`,
    ...label.split('\n').map((line, k) => text(line, { x: 16, y: top + 18 + 16 * k })),
    ...(marks.length > 0 && lines.length === 0
      ? []
      : [high, low].map((value, k) =>
          text(String(value), { x: LEFT - 6, y: k === 0 ? top + 12 : top + HEIGHT - 2, anchor: 'end' })
        )),
    ...(map === undefined ? [] : drawMap(map, { top, low, high, across })),
    ...(level === undefined
      ? []
      : [`<path d="M${LEFT} ${up(level)}H${RIGHT}" stroke="black" stroke-dasharray="4 3"/>`]),
    ...lines.map(({ points, colour = 0 }) => {
      const places = points.map(([x, y]) => `${across(x)},${up(y)}`).join(' ')
      return `<polyline points="${places}" fill="none" stroke="${COLOURS[colour]!}"/>`
    }),
    ...marks.flatMap(({ name, at, colour = 1 }, row) => {
      const from = lines.length === 0 ? round(top + row * rowHeight + 4) : top
      const length = lines.length === 0 ? round(rowHeight - 8) : HEIGHT
      const strokes = at.map((x) => `M${across(x)} ${from}v${length}`).join('')
      const named = name === '' ? [] : [text(name, { x: LEFT - 6, y: round(from + length / 2 + 4), anchor: 'end' })]
      return [`<path d="${strokes}" stroke="${COLOURS[colour]!}" stroke-width="1.5"/>`, ...named]
    })
  ]
}

/** One path for each colour; neighbours of the same colour are one stroke. */
function drawMap(
  { columns, from, step, range }: HeatMap,
  { top, low, high, across }: { top: number; low: number; high: number; across: (value: number) => number }
): string[] {
  const count = columns.find((column) => column !== undefined)?.length ?? 0
  const value = (k: number) => range[0] + ((range[1] - range[0]) * k) / (count - 1)
  const rows = Array.from({ length: count }, (_, k) => k).filter((k) => value(k) >= low && value(k) <= high)
  const cell = HEIGHT / rows.length
  const highest = Math.max(...columns.flatMap((column) => (column === undefined ? [0] : rows.map((k) => column[k]!))))
  const paths = HEAT.map(() => '')
  for (const [place, k] of rows.entries()) {
    const y = round(top + HEIGHT - (place + 0.5) * cell)
    for (let begin = 0; begin < columns.length;) {
      const colour = colourOf(columns[begin]?.[k], highest)
      let end = begin + 1
      while (end < columns.length && colourOf(columns[end]?.[k], highest) === colour) end++
      const to = Math.min(across(from + end * step), RIGHT)
      if (colour !== undefined) paths[colour] += `M${across(from + begin * step)} ${y}H${to}`
      begin = end
    }
  }
  return paths.map((path, k) => `<path d="${path}" stroke="#${HEAT[k]!}" stroke-width="${round(cell + 0.15)}"/>`)
}

function colourOf(value: number | undefined, highest: number): number | undefined {
  if (value === undefined) return undefined
  return Math.min(HEAT.length - 1, Math.floor((value / highest) * HEAT.length))
}
