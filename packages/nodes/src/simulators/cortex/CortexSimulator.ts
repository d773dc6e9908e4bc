import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getLogger } from '@nodeacq/rpc'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import { isObject } from '../../devices/cortex/messages.ts'
import { numberOf, type Fault } from '../faults.ts'
import { listen } from '../listen.ts'
import type { RunningSimulator } from '../Simulator.ts'
import { selfSignedCertificate, type Certificate } from '../selfSignedCertificate.ts'
import { accountMethods, checkToken, OPEN_METHODS } from './accountMethods.ts'
import { bciMethods } from './bciMethods.ts'
import { ClientState, type Call, type Durations, type Method } from './Call.ts'
import { CortexModel, type CortexModelOptions } from './CortexModel.ts'
import { headsetMethods } from './headsetMethods.ts'
import { CallParams } from './params.ts'
import { recordMethods } from './recordMethods.ts'
import { Refusal } from './Refusal.ts'
import { sessionMethods } from './sessionMethods.ts'
import type { CORTEX_FAULTS } from './cortexFaults.ts'

export interface CortexSimulatorOptions extends Partial<CortexModelOptions> {
  /** Default 127.0.0.1; beyond loopback only with `insecure`. */
  host?: string
  insecure?: boolean
  /** Default 0: any free one; Emotiv's is 6868. */
  port?: number
  /** s that scanning (20), connecting (0.5) and training (8) take. */
  durations?: Partial<Durations>
  /** Default: one that signs itself. */
  certificate?: Certificate
  faults?: readonly Fault[]
}

const METHODS: Readonly<Record<string, Method>> = {
  ...accountMethods,
  ...headsetMethods,
  ...sessionMethods,
  ...recordMethods,
  ...bciMethods
}

/** ms between two looks at what is due. */
const TICK = 8

/** Frames may be this long, in bytes: a call is never longer. */
const MAX_FRAME = 1 << 20

/**
 * Takes the place of Emotiv's Cortex 2: all calls with their state, streams in real time, and faults on demand.
 * It serves `wss://` with a certificate that signs itself.
 */
export class CortexSimulator implements RunningSimulator {
  readonly model: CortexModel
  /** PEM of the certificate, for clients that want to verify it. */
  readonly certificate: string
  /** Called with every call that comes. */
  onCall: ((method: string, params: unknown) => void) | undefined
  readonly #server: Server
  readonly #sockets: WebSocketServer
  readonly #durations: Durations
  readonly #faults: readonly Fault[]
  readonly #clients = new Map<WebSocket, ClientState>()
  readonly #timers = new Set<NodeJS.Timeout>()
  /** ms of `performance.now()` at which each headset began to count. */
  readonly #zeros = new Map<string, number>()
  readonly #errors = new Map<string, { readonly code: number; times: number }>()
  readonly #ticks: NodeJS.Timeout
  readonly #log = getLogger('nodeacq.CortexSimulator')
  #delay = 0
  #silentUntil = -Infinity
  #deafUntil = -Infinity
  #refusingUntil = -Infinity
  #haveFaultsBegun = false

  private constructor(options: CortexSimulatorOptions) {
    const { headsets = ['EPOCX-E2020001'], clientId = 'CLIENT_ID', clientSecret = 'CLIENT_SECRET' } = options
    const { username = 'jane', refusals = 0, durations = {} } = options
    const { host = 'localhost', certificate = selfSignedCertificate(host) } = options
    this.model = new CortexModel({ headsets, clientId, clientSecret, username, refusals })
    this.#durations = { scan: 20, connect: 0.5, training: 8, ...durations }
    this.#faults = options.faults ?? []
    this.certificate = certificate.cert
    this.#server = createServer(certificate)
    this.#sockets = new WebSocketServer({
      server: this.#server,
      perMessageDeflate: false,
      maxPayload: MAX_FRAME,
      verifyClient: () => performance.now() >= this.#refusingUntil
    })
    this.#sockets.on('connection', (socket) => this.#welcome(socket))
    this.#sockets.on('error', () => {})
    this.#ticks = setInterval(() => this.#sendDue(), TICK)
  }

  /** @throws {DeviceError} when the port is taken. @throws {ConfigError} a host beyond loopback without `insecure`. */
  static async start(options: CortexSimulatorOptions = {}): Promise<CortexSimulator> {
    const simulator = new CortexSimulator(options)
    try {
      await listen(simulator.#server, 'Cortex simulator', options)
    } catch (error) {
      await simulator.close()
      throw error
    }
    return simulator
  }

  get address(): string {
    const { address, port, family } = this.#server.address() as AddressInfo
    return `wss://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  }

  get hints(): readonly string[] {
    const { clientId, clientSecret, headsets } = this.model.options
    return [`headsets ${headsets.join(', ')}`, `client id ${clientId}, client secret ${clientSecret}`]
  }

  get clientCount(): number {
    return this.#clients.size
  }

  inject(fault: Fault): void {
    this.#log.info(`fault ${fault.kind}${fault.value && `=${fault.value}`}`)
    this.#injectors[fault.kind as keyof typeof CORTEX_FAULTS](fault)
  }

  async close(): Promise<void> {
    clearInterval(this.#ticks)
    for (const timer of this.#timers) clearTimeout(timer)
    for (const socket of this.#clients.keys()) socket.terminate()
    this.#sockets.close()
    this.#server.closeAllConnections()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  readonly #injectors: Readonly<Record<keyof typeof CORTEX_FAULTS, (fault: Fault) => void>> = {
    drop: () => this.#dropAll(),
    halfOpen: (fault) => (this.#deafUntil = performance.now() + numberOf(fault, 5) * 1000),
    refuseConnection: (fault) => {
      this.#refusingUntil = performance.now() + numberOf(fault, 5) * 1000
      this.#dropAll()
    },
    delay: (fault) => (this.#delay = numberOf(fault, 200)),
    error: ({ value }) => {
      const [method = '', code, times = '1'] = value.split(':')
      this.#errors.set(method, { code: Number(code), times: Number(times) })
    },
    lose: (fault) => this.#eachSession((session) => session.lose(numberOf(fault, 1))),
    interpolate: (fault) => this.#eachSession((session) => session.interpolate(numberOf(fault, 1))),
    silence: (fault) => (this.#silentUntil = performance.now() + numberOf(fault, 1) * 1000),
    garbage: (fault) => {
      for (let k = 0; k < numberOf(fault, 1); k++) {
        for (const socket of this.#clients.keys())
          socket.send(['{"oops', '[1,2]', '{"id":"nobody","result":1}'][k % 3]!)
      }
    },
    expireToken: () => this.model.expireTokens(),
    refuseAccess: (fault) => (this.model.refusalsLeft = numberOf(fault, 1)),
    headsetGone: (fault) => this.#removeHeadset(numberOf(fault, 5))
  }

  #eachSession(work: (session: NonNullable<ReturnType<ClientState['sessions']['get']>>) => void): void {
    for (const { sessions } of this.#clients.values()) for (const session of sessions.values()) work(session)
  }

  #dropAll(): void {
    for (const socket of this.#clients.keys()) socket.terminate()
  }

  #removeHeadset(seconds: number): void {
    const [headset] = this.model.headsets.values()
    if (headset === undefined) return
    this.model.headsets.delete(headset.id)
    headset.status = 'discovered'
    for (const client of this.#clients.values()) {
      client.warn(103, { behavior: 'Headset data timed out', headsetId: headset.id })
      for (const session of [...client.sessions.values()]) {
        if (session.headset !== headset) continue
        client.close(session)
        client.warn(1, { behavior: 'Session was closed', sessionId: session.id })
      }
    }
    this.#zeros.delete(headset.id)
    this.#later(seconds, () => this.model.headsets.set(headset.id, headset))
  }

  #welcome(socket: WebSocket): void {
    const client = new ClientState((message) => {
      if (performance.now() >= this.#deafUntil) socket.send(JSON.stringify(message))
    })
    this.#clients.set(socket, client)
    socket.on('message', (data) => this.#receive(data, client))
    socket.on('error', (error) => this.#log.debug(`client: ${error.message}`))
    socket.on('close', () => {
      for (const session of [...client.sessions.values()]) client.close(session)
      this.#clients.delete(socket)
    })
    if (this.#haveFaultsBegun) return
    this.#haveFaultsBegun = true
    for (const fault of this.#faults) this.#later(fault.at, () => this.inject(fault))
  }

  #receive(data: RawData, client: ClientState): void {
    if (performance.now() < this.#deafUntil) return
    const answer = this.#answer((data as Buffer).toString('utf8'), client)
    if (this.#delay === 0) client.send(answer)
    else this.#later(this.#delay / 1000, () => client.send(answer))
  }

  #answer(text: string, client: ClientState): object {
    let id: unknown = null
    try {
      const request = parse(text)
      id = request['id'] ?? null
      const { method, params } = request
      if (typeof method !== 'string') throw new Refusal(-32600)
      this.onCall?.(method, params)
      return { id, jsonrpc: '2.0', result: this.#call(method, new CallParams(params), client) }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { id, jsonrpc: '2.0', error: { code: error.code, message: error.message } }
    }
  }

  #call(method: string, params: CallParams, client: ClientState): unknown {
    this.#failIfAsked(method)
    if (!Object.hasOwn(METHODS, method)) throw new Refusal(-32601)
    if (!OPEN_METHODS.includes(method)) checkToken(params, this.model)
    return METHODS[method]!(params, this.#callOf(client))
  }

  #failIfAsked(method: string): void {
    const error = this.#errors.get(method)
    if (error === undefined) return
    error.times -= 1
    if (error.times <= 0) this.#errors.delete(method)
    throw Object.assign(new Refusal(-32602), { code: error.code, message: `Asked to fail with ${error.code}` })
  }

  #callOf(client: ClientState): Call {
    return {
      model: this.model,
      client,
      durations: this.#durations,
      warnAll: (code, message) => {
        for (const each of this.#clients.values()) each.warn(code, message)
      },
      later: (seconds, work) => this.#later(seconds, work),
      zeroOf: (headset) => {
        const zero = this.#zeros.get(headset) ?? performance.now()
        this.#zeros.set(headset, zero)
        return zero
      }
    }
  }

  #later(seconds: number, work: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      work()
    }, seconds * 1000)
    this.#timers.add(timer)
    return timer
  }

  #sendDue(): void {
    const isSilent = performance.now() < this.#silentUntil
    for (const { sessions, send } of this.#clients.values()) {
      for (const session of sessions.values()) {
        if (isSilent) session.skipDue()
        else for (const sample of session.due()) send(sample)
      }
    }
  }
}

function parse(text: string): Record<string, unknown> {
  let request: unknown
  try {
    request = JSON.parse(text)
  } catch {
    throw new Refusal(-32700)
  }
  if (!isObject(request)) throw new Refusal(-32600)
  return request
}
