import type { Picture } from './picture.ts'
import type { Row } from './rows.ts'
import type { Target } from './targets.ts'

/** What a part is given. */
export interface BenchContext {
  /** A fast look: everything that is measured, for a fraction of the time. */
  readonly quick: boolean
  /** Says what is measured next; shown while the part runs. */
  readonly step: (label: string) => void
}

/** What a part found. */
export interface Measured {
  readonly rows: readonly Row[]
  readonly pictures?: readonly Picture[]
}

/** One thing that is measured, in a process of its own. */
export interface Part {
  /** As in `--only NAME`. */
  readonly name: string
  /** Heading of its section in docs/benchmarks.md. */
  readonly title: string
  /** How it is measured, for the reader of the page: Markdown, one paragraph or more. */
  readonly about: string
  /** Roughly what it takes, for the estimate of the time left. */
  readonly seconds: { readonly full: number; readonly quick: number }
  /** What the figures are to reach. */
  readonly targets?: readonly Target[]
  run(context: BenchContext): Promise<Measured>
}

/** Parts that belong together: `pnpm bench NAME`. */
export interface Suite {
  readonly name: string
  readonly parts: readonly Part[]
}
