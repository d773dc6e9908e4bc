import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { DeviceError } from '@nodeacq/core'
import { getLogger } from '@nodeacq/rpc'
import { isMulticast, targetsOf, type LslSettings } from '../settings/LslSettings.ts'
import { parseQuestion, type LslQuestion } from '../wire/discovery.ts'
import { ownAddresses } from './interfaces.ts'

/** A stream that can be found. */
export interface Findable {
  /** Answers if the stream matches, and whoever asks may know. */
  answer(question: LslQuestion, from: RemoteInfo): void
}

/** ms within which one question is answered once, however many copies of it come. */
const SAME_QUESTION = 100

/** Responders of this process: one for each port, whatever the number of its streams. */
const responders = new Map<string, Promise<Responder>>()

/**
 * Hears questions for streams on the multicast port, and asks each stream of this process for its answer. Being one socket for all of
 * them, a question that is sent to this machine alone finds all of them too.
 */
export class Responder {
  readonly #socket: Socket
  readonly #key: string
  readonly #streams = new Set<Findable>()
  readonly #answered = new Map<string, number>()
  readonly #log = getLogger('nodeacq.lsl')

  private constructor(socket: Socket, key: string) {
    this.#socket = socket
    this.#key = key
    socket.on('message', (datagram, from) => this.#hear(datagram, from))
    socket.on('error', (error) => this.#log.warning(`LSL discovery: ${error.message}`))
  }

  /** Lets a stream be found. @throws {DeviceError} when the port cannot be had */
  static async add(stream: Findable, settings: LslSettings): Promise<Responder> {
    const key = JSON.stringify([settings.multicastPort, targetsOf(settings), settings.interfaces])
    for (;;) {
      const found = responders.get(key) ?? Responder.#open(settings, key)
      responders.set(key, found)
      try {
        const responder = await found
        if (responders.get(key) !== found) continue
        responder.#streams.add(stream)
        return responder
      } catch (error) {
        responders.delete(key)
        throw error
      }
    }
  }

  /** The stream is not found any more. */
  delete(stream: Findable): void {
    if (!this.#streams.delete(stream) || this.#streams.size > 0) return
    responders.delete(this.#key)
    this.#socket.close()
  }

  static async #open(settings: LslSettings, key: string): Promise<Responder> {
    const { multicastPort } = settings
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    try {
      socket.bind(multicastPort)
      await once(socket, 'listening')
    } catch (cause) {
      socket.close()
      throw new DeviceError(`LSL: cannot hear questions at UDP port ${multicastPort}: ${(cause as Error).message}`, {
        cause
      })
    }
    join(socket, settings)
    return new Responder(socket, key)
  }

  #hear(datagram: Buffer, from: RemoteInfo): void {
    let question: LslQuestion
    try {
      question = parseQuestion(datagram)
    } catch (error) {
      this.#log.debug(`from ${from.address}:${from.port}: ${(error as Error).message}`)
      return
    }
    if (this.#isRepeated(`${from.address} ${question.returnPort} ${question.id}`)) return
    for (const stream of this.#streams) stream.answer(question, from)
  }

  /** Copies come by each group and interface. */
  #isRepeated(key: string): boolean {
    const now = performance.now()
    for (const [old, until] of this.#answered) {
      if (until > now) break
      this.#answered.delete(old)
    }
    if (this.#answered.has(key)) return true
    this.#answered.set(key, now + SAME_QUESTION)
    return false
  }
}

/** Joins each group on each interface; what cannot be joined on one may be on another. */
function join(socket: Socket, settings: LslSettings): void {
  const { interfaces } = settings
  for (const group of targetsOf(settings).filter(isMulticast)) {
    for (const address of interfaces.length > 0 ? interfaces : ownAddresses()) {
      try {
        socket.addMembership(group, address)
      } catch {
        continue
      }
    }
  }
}
