/** Tells when nothing has come for a while, where something should. */
export class SilenceWatch implements Disposable {
  readonly #timer: NodeJS.Timeout
  #last = performance.now()
  #isOn = false

  /** @param patience ms; @param onSilence called once for each time that it was switched on */
  constructor(patience: number, onSilence: () => void) {
    this.#timer = setInterval(() => {
      if (!this.#isOn || performance.now() - this.#last < patience) return
      this.#isOn = false
      onSilence()
    }, patience / 4)
  }

  /** From now on something should come, or not. */
  set isOn(isOn: boolean) {
    this.#isOn = isOn
    this.#last = performance.now()
  }

  note(): void {
    this.#last = performance.now()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
