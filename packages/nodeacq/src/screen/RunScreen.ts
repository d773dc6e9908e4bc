import { formatLogRecord, type LogRecord } from '@nodeacq/rpc'
import type { Output } from '../commands/Output.ts'
import type { Graph } from '../graph/Graph.ts'
import type { RunSummary } from '../run/RunSummary.ts'
import type { RunMessage, RunStatus, StartedRun } from '../run/runGraph.ts'
import { LiveRegion } from './LiveRegion.ts'
import { liveLines } from './liveLines.ts'
import { paintFor, type Paint } from './Paint.ts'
import { recordText } from './recordText.ts'
import { summaryLines } from './summaryLines.ts'

export interface RunScreenOptions {
  readonly graph: Graph
  readonly duration: number | undefined
  /** Only the summary goes to standard output, as JSON. */
  readonly json: boolean
  readonly quiet: boolean
  /** Every log record is shown, with its place and trace. */
  readonly debug: boolean
}

/** What a recording promises, after its name. @param powerCut s */
function promise(powerCut: number | undefined): string {
  return powerCut === undefined ? '' : `: nothing lost at a kill; at most ${powerCut.toFixed(1)} s at a power cut`
}

/**
 * What `nodeacq run` shows. On a terminal a live table with messages above it; elsewhere one line at the start, problems
 * as they happen, and the summary. With `json` everything but the JSON goes to standard error.
 */
export class RunScreen {
  readonly #output: Output
  readonly #options: RunScreenOptions
  /** Where people read: standard output, or standard error when JSON has that. */
  readonly #text: NodeJS.WriteStream
  readonly #live: LiveRegion | undefined
  readonly #onExit = (): void => this.#live?.close()

  constructor(output: Output, options: RunScreenOptions) {
    this.#output = output
    this.#options = options
    this.#text = options.json ? output.stderr : output.stdout
    const isLive = output.stdout.isTTY && !options.json && !options.quiet
    this.#live = isLive ? new LiveRegion(output.stdout) : undefined
    // Whatever ends the process, the terminal gets its cursor back.
    process.on('exit', this.#onExit)
  }

  /** Everything runs. */
  start({ recordings, powerCuts, waiting, manager, views }: StartedRun): void {
    const { graph, quiet, duration } = this.#options
    if (quiet) return
    const groups = graph.groups.length === 1 ? '1 process' : `${graph.groups.length} processes`
    const time = duration === undefined ? '' : ` for ${duration} s`
    const lines = [`${graph.name} runs${time}: ${graph.nodes.length} nodes in ${groups}; Ctrl-C stops it`]
    lines.push(...recordings.map((path) => `recording to ${path}${promise(powerCuts.get(path))}`))
    if (waiting.length > 0) lines.push(`${waiting.join(', ')}: waiting for 'nodeacq record start'`)
    if (manager !== undefined) lines.push(`manager at ${manager}`)
    lines.push(...views.map(({ node, url }) => `${node} in the browser: ${url}`))
    this.#write(lines.join('\n'))
  }

  status({ elapsed, nodes }: RunStatus): void {
    const { graph, duration } = this.#options
    const live = this.#live
    live?.draw(
      liveLines({ graph: graph.name, elapsed, duration, nodes }, { width: live.width, paint: this.#paint(this.#text) })
    )
  }

  message({ level, text }: RunMessage): void {
    if (level === 'info' && this.#options.quiet) return
    const paint = this.#paint(this.#output.stderr)
    const head = { info: (word: string) => word, warning: paint.warn, error: paint.bad }[level]
    this.#problem(level === 'info' ? text : `${head(level)}: ${text}`)
  }

  /** A log record of any process of the run. */
  log(record: LogRecord): void {
    const { debug } = this.#options
    if (debug) return this.#problem(formatLogRecord(record))
    if (isToldAnyway(record)) return
    this.#problem(recordText(record, this.#paint(this.#output.stderr)))
  }

  end(summary: RunSummary): void {
    const { json, quiet } = this.#options
    this.#live?.close({ erase: true })
    if (json) this.#output.stdout.write(`${JSON.stringify(summary)}\n`)
    if (quiet && (summary.ok || json)) return
    const width = this.#text.columns ?? Infinity
    const lines = summaryLines(summary, { width, paint: this.#paint(this.#text) })
    if (!json) this.#text.write(`${lines.join('\n')}\n`)
  }

  /** Gives the terminal back. Safe to call twice. */
  close(): void {
    this.#live?.close()
    process.off('exit', this.#onExit)
  }

  #write(text: string): void {
    if (this.#live === undefined) this.#text.write(`${text}\n`)
    else this.#live.printAbove(text)
  }

  #problem(text: string): void {
    if (this.#live === undefined) this.#output.stderr.write(`${text}\n`)
    else this.#live.printAbove(text)
  }

  #paint(stream: NodeJS.WriteStream): Paint {
    return paintFor(this.#live === undefined ? stream : this.#output.stdout)
  }
}

/** Failures, deaths and silent edges come as messages of the run too, with the time; their log records would say them twice. */
function isToldAnyway({ name, msg, levelno }: LogRecord): boolean {
  if (name === 'nodeacq.spawn' || name === 'nodeacq.Host') return / is gone: | ended unexpectedly /.test(msg)
  if (name === 'nodeacq.Manager') return / is lost: /.test(msg)
  if (name === 'nodeacq.NodeGroup') return / is stalled: | brings data again /.test(msg)
  return levelno >= 40 && /^nodeacq\.\w+/.test(name) && / failed: /.test(msg)
}
