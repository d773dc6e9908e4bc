import { json } from '../serialize/json.ts'
import type { Tree } from '../serialize/Serializer.ts'

/*
 * Handshake between a process and a child that it starts, as pyacq's ProcessSpawner and bootstrap module do it. Both
 * ends may be Python.
 *
 *   parent  binds a PAIR socket on loopback
 *           runs  <command> <args> -m pyacq.core.rpc.bootstrap [NAME]
 *           writes one JSON object to the child's standard input and closes it (`BootstrapConfig`)
 *   child   connects the PAIR socket, starts its RPC server
 *           sends  {"address": "tcp://…"}  or  {"error": [lines of a trace]}  every 10 ms until a frame comes back
 *   parent  sends  OK  and connects an RPC client (or gives up)
 *
 * See docs/protocol/rpc.md.
 */
const MODULE_ARGUMENTS = ['-m', 'pyacq.core.rpc.bootstrap'] as const

/** The parent's answer to a status; its content has no meaning. */
export const STATUS_ANSWER = 'OK'
/** ms between two copies of a status. */
export const STATUS_PERIOD = 10
/** ms that a child goes on sending its status. */
export const STATUS_TIMEOUT = 10_000

/** The object on the child's standard input; keys in this order. */
export interface BootstrapConfig {
  /** `RPCServer`, or `QtRPCServer` when `qt` is set. */
  readonly class_name: string
  /** `address`: where the child's server listens. */
  readonly args: { readonly address: string }
  /** Address of the parent's PAIR socket. */
  readonly bootstrap_addr: string
  /** Level from which the child makes log records, as Python's number. */
  readonly loglevel: number
  /** Address of the LogServer that gets the child's records. */
  readonly logaddr: string | null
  /** Asks a Python child for a Qt application; a nodeacq child takes it and has none. */
  readonly qt: boolean
}

/** What the child says about its start. */
export type BootstrapStatus = { readonly address: string } | { readonly error: readonly string[] }

/** Arguments that make a program a child; they come after its own. */
export function bootstrapArguments(name: string | undefined): string[] {
  return name === undefined ? [...MODULE_ARGUMENTS] : [...MODULE_ARGUMENTS, name]
}

/** The name in a child's arguments; undefined when it was given none. */
export function nameInArguments(argv: readonly string[]): string | undefined {
  const start = argv.findIndex((argument, i) => argument === MODULE_ARGUMENTS[0] && argv[i + 1] === MODULE_ARGUMENTS[1])
  return start < 0 ? undefined : argv[start + MODULE_ARGUMENTS.length]
}

export function encodeConfig(config: BootstrapConfig): string {
  const { class_name, args, bootstrap_addr, loglevel, logaddr, qt } = config
  return pythonText({ class_name, args: { address: args.address }, bootstrap_addr, loglevel, logaddr, qt })
}

/** @throws {TypeError} when the text is not what a parent writes. */
export function decodeConfig(text: string): BootstrapConfig {
  const config = parse(text) as Partial<BootstrapConfig> | null | undefined
  const isComplete =
    typeof config?.args?.address === 'string' &&
    typeof config.bootstrap_addr === 'string' &&
    typeof config.loglevel === 'number' &&
    (typeof config.logaddr === 'string' || config.logaddr === null)
  if (isComplete) return config as BootstrapConfig
  throw new TypeError(
    `standard input of a child process: expected the JSON object of a pyacq process spawner (args, bootstrap_addr, ` +
      `loglevel, logaddr), got ${JSON.stringify(text.slice(0, 200))}`
  )
}

export function encodeStatus(status: BootstrapStatus): string {
  return pythonText('error' in status ? { error: status.error } : { address: status.address })
}

/** Reads a status; undefined when the frame is none. */
export function decodeStatus(frame: Uint8Array): BootstrapStatus | undefined {
  const status = parse(Buffer.from(frame).toString()) as { address?: unknown; error?: unknown } | null | undefined
  if (typeof status?.address === 'string') return { address: status.address }
  return Array.isArray(status?.error) ? { error: status.error.map(String) } : undefined
}

/** An error as the lines of a trace, each with its newline, the message last as Python has it. */
export function traceOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [`${String(error)}\n`]
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  const cause = error.cause === undefined ? [] : [...traceOf(error.cause), 'which caused:\n']
  return [...cause, ...frames.map((frame) => `${frame}\n`).toReversed(), `${error.name}: ${error.message}\n`]
}

function pythonText(message: Tree): string {
  return Buffer.from(json.encode(message)).toString()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
