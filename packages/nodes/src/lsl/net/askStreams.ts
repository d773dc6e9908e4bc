import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'
import { getLogger } from '@nodeacq/rpc'
import { isMulticast, targetsOf, ttlOf, type LslSettings } from '../settings/LslSettings.ts'
import { readLslSettings } from '../settings/readLslSettings.ts'
import { encodeQuestion, parseAnswer } from '../wire/discovery.ts'
import type { LslStreamInfo } from '../wire/streamInfo.ts'
import { bindUdp } from './bindSocket.ts'
import { queryInterfaces } from './interfaces.ts'

/** ms from one wave of questions to the next. */
const WAVE_INTERVAL = 500
/** Machines whose service ports are all asked, each time: this one, as its unicasts to the multicast port reach one program only. */
const THIS_MACHINE = '127.0.0.1'

export interface AskOptions {
  /** XPath 1.0, sent as it is. */
  readonly query: string
  readonly settings?: Partial<LslSettings>
  readonly signal: AbortSignal
}

/**
 * Asks for streams, again and again until the signal aborts, and gives each that answers, again with each answer; its address is that of
 * the sender. Ends when the signal aborts. @throws {DeviceError} when no port can be had
 */
export async function askStreams(
  { query, settings: given, signal }: AskOptions,
  found: (info: LslStreamInfo) => void
): Promise<void> {
  const settings = await readLslSettings(given)
  const socket = await bindUdp('0.0.0.0', settings)
  const log = getLogger('nodeacq.lsl')
  const id = randomUUID()
  socket.on('error', (error) => log.debug(`LSL discovery: ${error.message}`))
  socket.on('message', (datagram, { address }) => {
    try {
      const answer = parseAnswer(datagram)
      if (answer.id === id) found({ ...answer.info, v4Address: address })
    } catch (error) {
      log.debug(`LSL discovery: from ${address}: ${(error as Error).message}`)
    }
  })
  try {
    socket.setBroadcast(true)
    socket.setMulticastTTL(ttlOf(settings))
    const question = encodeQuestion({
      query,
      returnPort: socket.address().port,
      id
    })
    while (!signal.aborted) {
      await sendWave(socket, question, settings, signal)
      await sleep(WAVE_INTERVAL, undefined, { signal }).catch(() => {})
    }
  } finally {
    socket.close()
  }
}

/** Matches all streams of the session, or of them those that match `predicate`. */
export function sessionQuery({ sessionId }: Pick<LslSettings, 'sessionId'>, predicate = ''): string {
  const session = `session_id=${quoteText(sessionId)}`
  return predicate.trim() === '' ? session : `${session} and (${predicate})`
}

/** A text as XPath 1.0 writes it; one that has both quotes is put together. */
export function quoteText(text: string): string {
  if (!text.includes("'")) return `'${text}'`
  if (!text.includes('"')) return `"${text}"`
  return `concat(${text
    .split("'")
    .map((piece) => `'${piece}'`)
    .join(`,"'",`)})`
}

async function sendWave(socket: Socket, question: Buffer, settings: LslSettings, signal: AbortSignal): Promise<void> {
  const { multicastPort, basePort, portRange, knownPeers } = settings
  const targets = targetsOf(settings)
  const send = (port: number, host: string): Promise<void> =>
    // What cannot be reached does not answer.
    new Promise((resolve) => socket.send(question, port, host, () => resolve()))
  const groups = targets.filter(isMulticast)
  for (const address of queryInterfaces(settings)) {
    // The next line holds for everything that is sent until it is called again, so each is waited for.
    if (!useInterface(socket, address)) continue
    for (const target of groups) await send(multicastPort, target)
  }
  for (const target of targets.filter((each) => !isMulticast(each))) await send(multicastPort, target)
  for (const peer of new Set([...(targets.includes(THIS_MACHINE) ? [THIS_MACHINE] : []), ...knownPeers])) {
    for (let port = basePort; port < basePort + portRange && !signal.aborted; port++) await send(port, peer)
  }
}

function useInterface(socket: Socket, address: string): boolean {
  try {
    socket.setMulticastInterface(address)
    return true
  } catch {
    return false
  }
}
