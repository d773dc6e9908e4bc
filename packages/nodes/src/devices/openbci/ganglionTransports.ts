import { ConfigError } from '@nodeacq/core'

export interface GanglionHandlers {
  /** One notification. */
  readonly onPacket: (bytes: Uint8Array) => void
  /** The connection has ended, told once; not after `close`. */
  readonly onLost: (reason: string) => void
}

/** A connection to a Ganglion: characteristics of service `fe84`. */
export interface GanglionLink {
  /** Writes a command, such as `b`, to characteristic 2d30c083-f39f-4ce6-923f-3484ea480596. */
  send(command: string): Promise<void>
  /** Safe to call twice. */
  close(): Promise<void>
}

/** Connects to the board of that address, and hands over notifications of 2d30c082-f39f-4ce6-923f-3484ea480596. */
export type OpenGanglion = (address: string, handlers: GanglionHandlers) => Promise<GanglionLink>

const transports = new Map<string, OpenGanglion>()

/**
 * Makes a way to Ganglions known by name in this process. There is none from the start: it takes Bluetooth Low Energy, for which
 * Node has nothing of its own. Registering a name again replaces it.
 */
export function registerGanglionTransport(name: string, open: OpenGanglion): void {
  transports.set(name, open)
}

/** @throws {ConfigError} when none of that name is registered. */
export function ganglionTransport(name: string, subject: string): OpenGanglion {
  const open = transports.get(name)
  if (open !== undefined) return open
  const known = [...transports.keys()].join(', ') || 'none'
  throw new ConfigError(subject, [
    `'transport': expected one that registerGanglionTransport made known (${known}), got '${name}'`
  ])
}
