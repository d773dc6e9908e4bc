import type { Chunk, InputStream, LedgerSnapshot, OutputStream } from '@nodeacq/stream'
import { ramp, rampStart } from './streams.ts'

/** What one run was made of. */
export interface RunScript {
  readonly run: number
  /** Samples that exist. */
  sent: number
  /** Samples that the source said it does not have. */
  holes: number
  /** Index behind the last one. */
  end: number
}

/** Sends to an output and keeps book of it, so that accounts can be checked against what really was sent. */
export class Script {
  readonly runs: RunScript[] = []
  readonly #output: OutputStream

  constructor(output: OutputStream) {
    this.#output = output
    this.#open()
  }

  #open(): void {
    this.runs.push({ run: this.#output.run, sent: 0, holes: 0, end: 0 })
  }

  get now(): RunScript {
    return this.runs.at(-1) as RunScript
  }

  startRun(): void {
    this.#output.startRun()
    this.#open()
  }

  async send(samples: number): Promise<void> {
    const { now } = this
    const from = now.end
    now.end += samples
    now.sent += samples
    await this.#output.send(ramp(from, samples))
  }

  async sendMany(chunks: number, samples: number): Promise<void> {
    for (let i = 0; i < chunks; i++) await this.send(samples)
  }

  skip(samples: number): void {
    const { now } = this
    const from = now.end
    now.end += samples
    now.holes += samples
    this.#output.skip({ from, to: now.end, cause: 'device' })
  }
}

/** The accounts of an input, by run. */
export function accountsOf(input: InputStream): Map<number, LedgerSnapshot> {
  return new Map([...input.pastRuns, input.ledger.snapshot()].map((account) => [account.run, account]))
}

/** What may be missing besides the holes that the source declared. */
export interface Expectation {
  /** First run and index that the input owes. Default: sample 0 of the script's first run. */
  readonly from?: { run: number; index: number }
  readonly mayLose?: boolean
  readonly maySkip?: boolean
  /** For the message: what to play again. */
  readonly what: string
}

/**
 * What contradicts that in every run *sent = received + lost + skipped* and holes are holes; that the chunks are what was
 * received, in order, each sample once, with the values that were sent; and that each chunk names what is missing before
 * it. Nothing, where all is well.
 */
export function problemsOf(
  runs: readonly RunScript[],
  accounts: ReadonlyMap<number, LedgerSnapshot>,
  chunks: readonly Chunk[],
  expectation: Expectation
): string[] {
  const { from, what } = expectation
  return runs
    .filter(({ run }) => from === undefined || run >= from.run)
    .flatMap((script) => {
      const account = accounts.get(script.run)
      if (account === undefined) return script.end === 0 ? [] : ['no account although something was sent']
      const joinedAt = script.run === from?.run ? from.index : 0
      const own = chunks.filter(({ run }) => run === script.run)
      const problems = [...sumProblems(script, account, joinedAt, expectation), ...chunkProblems(account, own)]
      return problems.map((problem) => `${what}: run ${script.run}: ${problem}`)
    })
}

function sumProblems(
  { sent, holes, end }: RunScript,
  account: LedgerSnapshot,
  joinedAt: number,
  { mayLose = false, maySkip = false }: Expectation
): string[] {
  const { received, lost, skipped } = account
  const claims: [string, number, number | null][] = [
    ['joined at', joinedAt, account.joinedAt],
    ['end', end, account.next],
    ['received + lost + skipped + holes', end - joinedAt, received + lost + skipped + account.holes]
  ]
  if (joinedAt === 0) claims.push(['sent', sent, received + lost + skipped], ['holes', holes, account.holes])
  if (!mayLose) claims.push(['lost', 0, lost])
  if (!maySkip) claims.push(['skipped', 0, skipped])
  return claims
    .filter(([, expected, got]) => expected !== got)
    .map(([name, expected, got]) => `${name}: expected ${expected}, got ${got} (${JSON.stringify(account)})`)
}

function chunkProblems({ joinedAt, received }: LedgerSnapshot, chunks: readonly Chunk[]): string[] {
  const problems: string[] = []
  let next = joinedAt ?? 0
  let sum = 0
  for (const { index, data, gaps } of chunks) {
    for (const gap of gaps) {
      if (gap.from !== next) problems.push(`the gap from ${gap.from} to ${gap.to} comes after ${next}`)
      next = gap.to
    }
    const start = rampStart(data)
    if (start !== next || index !== start + data.length) {
      problems.push(
        `the chunk of samples ${start} to ${start + data.length} has index ${index} and comes after ${next}`
      )
    }
    next = index
    sum += data.length
  }
  if (sum !== received) problems.push(`${sum} samples came in chunks, ${received} are in the account`)
  return problems
}

/** Collects chunks over all runs until `isOver` says at the end of a run that it was the last one. */
export async function readOn(input: InputStream, isOver: () => boolean, chunks: Chunk[] = []): Promise<Chunk[]> {
  do for await (const chunk of input.chunks()) chunks.push(chunk)
  while (!isOver())
  return chunks
}
