import type { Axis, Picture } from './picture.ts'
import { escapeText, round, text } from './svg.ts'
import { figure } from './table.ts'

const WIDTH = 760
const HEIGHT = 400
const PLOT = { left: 80, right: 560, top: 44, bottom: 340 } as const
/** Told apart also by people who do not see all colours (Okabe and Ito), and in print by their dashes. */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000', '#999999'] as const
/** Longer curves are drawn without dots. */
const MOST_DOTS = 50
const DASHES = ['', '6 3', '2 3'] as const

/** The picture as SVG: a frame, the axes with their marks, one line for each curve, with dots where they are few, and their names. */
export function drawPicture({ title, x, y, curves }: Picture): string {
  const points = curves.flatMap((curve) => curve.points)
  const across = scaleOf(
    x,
    points.map(([value]) => value),
    [PLOT.left, PLOT.right]
  )
  const up = scaleOf(
    y,
    points.map(([, value]) => value),
    [PLOT.bottom, PLOT.top]
  )
  const middle = (PLOT.top + PLOT.bottom) / 2
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escapeText(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(title, { x: PLOT.left, y: 24, size: 15 }),
    ...across.ticks.flatMap(([at, label]) => [
      `<path d="M${at} ${PLOT.top}V${PLOT.bottom}" stroke="#ddd"/>`,
      text(label, { x: at, y: PLOT.bottom + 18, anchor: 'middle' })
    ]),
    ...up.ticks.flatMap(([at, label]) => [
      `<path d="M${PLOT.left} ${at}H${PLOT.right}" stroke="#ddd"/>`,
      text(label, { x: PLOT.left - 8, y: at + 4, anchor: 'end' })
    ]),
    `<path d="M${PLOT.left} ${PLOT.top}V${PLOT.bottom}H${PLOT.right}" fill="none" stroke="black"/>`,
    text(x.label, { x: (PLOT.left + PLOT.right) / 2, y: PLOT.bottom + 44, anchor: 'middle' }),
    `<text transform="translate(18 ${middle}) rotate(-90)" text-anchor="middle">${escapeText(y.label)}</text>`,
    ...curves.flatMap(({ name, points: own }, k) => {
      const colour = COLOURS[k % COLOURS.length]!
      const dash = DASHES[Math.floor(k / COLOURS.length) % DASHES.length]!
      const places = own.map(([px, py]) => [round(across.place(px)), round(up.place(py))] as const)
      const at = PLOT.top + 8 + k * 20
      const stroke = `stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"`
      return [
        `<polyline points="${places.map((place) => place.join(',')).join(' ')}" fill="none" ${stroke}/>`,
        ...(places.length > MOST_DOTS ? [] : places).map(
          ([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`
        ),
        `<path d="M${PLOT.right + 16} ${at}h24" ${stroke}/>`,
        text(name, { x: PLOT.right + 46, y: at + 4 })
      ]
    }),
    '</svg>'
  ]
  return `${lines.join('\n')}\n`
}

interface Scale {
  place(value: number): number
  readonly ticks: readonly (readonly [at: number, label: string])[]
}

function scaleOf(axis: Axis, values: readonly number[], [from, to]: readonly [number, number]): Scale {
  const usable = values.filter((value) => Number.isFinite(value) && (axis.scale === 'linear' || value > 0))
  const given = axis.ticks?.map(([value]) => value) ?? []
  let low = Math.min(...usable, ...given)
  let high = Math.max(...usable, ...given)
  if (axis.ticks === undefined) [low, high] = widen(axis.scale, low, high)
  const project = axis.scale === 'log' ? (value: number) => Math.log(Math.max(value, low)) : (value: number) => value
  const span = project(high) - project(low) || 1
  const place = (value: number) => from + ((project(value) - project(low)) / span) * (to - from)
  const ticks = axis.ticks ?? roundTicks(axis.scale, low, high)
  return { place, ticks: ticks.map(([value, label]) => [round(place(value)), label] as const) }
}

/** To whole decades, or to zero and a round number above. */
function widen(scale: Axis['scale'], low: number, high: number): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [1, 10]
  if (scale === 'linear') return [0, high === 0 ? 1 : high * 1.05]
  return [
    10 ** Math.floor(Math.log10(low)),
    10 ** Math.max(Math.ceil(Math.log10(high)), Math.floor(Math.log10(low)) + 1)
  ]
}

function roundTicks(scale: Axis['scale'], low: number, high: number): [number, string][] {
  const values: number[] = []
  if (scale === 'log') {
    for (let value = low; value <= high * 1.001; value *= 10) values.push(value)
  } else {
    const rough = (high - low) / 5
    const decade = 10 ** Math.floor(Math.log10(rough))
    const step = [1, 2, 5, 10].map((factor) => factor * decade).find((candidate) => candidate >= rough) ?? rough
    for (let value = low; value <= high; value += step) values.push(value)
  }
  return values.map((value) => [value, figure(value)])
}
