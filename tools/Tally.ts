/** What became of a list of checks; every runner ends with `closingLine`, which `tools/ci.ts` adds up. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const CLOSING = /^(\d+) passed, (\d+) failed, (\d+) skipped$/gm

/** Counts checks and prints a line for each. */
export class Tally implements Counts {
  passed = 0
  failed = 0
  skipped = 0

  /** Runs one check, which fails by throwing, and prints how it went. */
  async check(name: string, run: () => Promise<void>): Promise<boolean> {
    const started = performance.now()
    try {
      await run()
    } catch (error) {
      this.failed++
      console.log(`FAILED  ${name}\n${error instanceof Error ? error.message : String(error)}`)
      return false
    }
    this.passed++
    console.log(`passed  ${name.padEnd(32)} ${((performance.now() - started) / 1000).toFixed(1)} s`)
    return true
  }

  skip(name: string, reason: string): void {
    this.skipped++
    console.log(`skipped ${name}: ${reason}`)
  }

  /** Prints the closing line and sets the exit code of this process. */
  close(): void {
    console.log(closingLine(this))
    process.exitCode = this.failed === 0 ? 0 : 1
  }
}

export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** The counts of the last closing line in a runner's output; undefined when there is none. */
export function countsOf(output: string): Counts | undefined {
  const last = [...output.matchAll(CLOSING)].at(-1)
  return last && { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(last[3]) }
}

export function addCounts(...all: readonly Counts[]): Counts {
  const sum = (key: keyof Counts) => all.reduce((total, counts) => total + counts[key], 0)
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }
}
