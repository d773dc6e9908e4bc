/** Keyword arguments of a call; made by `kwargs`. */
export class KeywordArguments {
  readonly values: Readonly<Record<string, unknown>>

  constructor(values: Record<string, unknown>) {
    this.values = values
  }
}
