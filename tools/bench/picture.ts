/** One axis of a picture. */
export interface Axis {
  readonly label: string
  readonly scale: 'linear' | 'log'
  /** Values that get a mark, and what is written there. Default: round numbers. */
  readonly ticks?: readonly (readonly [value: number, label: string])[]
}

/** One line of a picture. */
export interface Curve {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** A drawing of lines, as data: it goes into the JSON beside the rows, and the page draws it. */
export interface Picture {
  /** Name of the file, without ending. */
  readonly file: string
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly curves: readonly Curve[]
}
