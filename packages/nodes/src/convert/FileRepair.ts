/** What a repair made of a file. */
export interface FileRepair {
  /** Files that were made. */
  readonly files: readonly string[]
  /** Records or points that are in the result. */
  readonly kept: number
  /** Bytes `[from, to)` of `file` that are not in the result, and why. */
  readonly damage: readonly {
    readonly file: string
    readonly from: number
    readonly to: number
    readonly reason: string
  }[]
}
