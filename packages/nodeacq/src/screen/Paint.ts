import { styleText } from 'node:util'

/** Colours by meaning. */
export interface Paint {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warn: (text: string) => string
  readonly dim: (text: string) => string
  readonly bold: (text: string) => string
}

/** Colours for a stream: none unless it is a terminal, none with NO_COLOR. */
export function paintFor(stream: NodeJS.WritableStream): Paint {
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) => styleText(format, text, { stream })
  return { good: style('green'), bad: style('red'), warn: style('yellow'), dim: style('dim'), bold: style('bold') }
}

const plain = (text: string) => text

/** No colours at all. */
export const NO_PAINT: Paint = { good: plain, bad: plain, warn: plain, dim: plain, bold: plain }
