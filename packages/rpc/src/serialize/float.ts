/** A number that goes out as a float even when it is integral: `1000.0`, not `1000`. */
export class FloatValue {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }

  valueOf(): number {
    return this.value
  }

  toJSON(): number {
    return this.value
  }
}

/** Key of the optional property naming the keys of an object whose numbers are floats on the wire. */
export const FLOATS = Symbol.for('nodeacq.floats')

/**
 * A number for a peer that tells floats from integers: `proxy.setRate(float(1000))` sends `1000.0`.
 * It is typed as a number so that it fits where one is expected; use it for arguments only.
 */
export function float(value: number): number {
  return new FloatValue(value) as unknown as number
}
