import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getLogger } from '@nodeacq/rpc'
import { WebSocketServer, type WebSocket } from 'ws'
import { numberOf, type Fault } from '../faults.ts'
import { FaultScript } from '../FaultScript.ts'
import { FaultySocket } from '../FaultySocket.ts'
import { listen } from '../listen.ts'
import { LineFaults } from '../LineFaults.ts'
import type { RunningSimulator } from '../Simulator.ts'
import { selfSignedCertificate, type Certificate } from '../selfSignedCertificate.ts'
import { ClientState, type Call, type Durations } from './Call.ts'
import { CortexModel, type CortexModelOptions } from './CortexModel.ts'
import type { LiveSession } from './LiveSession.ts'
import { Refusal } from './Refusal.ts'
import { cortex2Speech, type Speech } from './Speech.ts'
import { V1Speech } from './v1/V1Speech.ts'

export interface CortexSimulatorOptions extends Partial<CortexModelOptions> {
  /** Cortex 2, or the Cortex of the older document: `v1`. Default `v2`. */
  dialect?: 'v1' | 'v2'
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

const HEADSETS = { v1: ['INSIGHT-1234', 'INSIGHT-1235'], v2: ['EPOCX-E2020001'] }

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
  /** Called with every call that comes; of the older Cortex also with what it asks the user and its service. */
  onCall: ((method: string, params: unknown) => void) | undefined
  readonly #server: Server
  readonly #sockets: WebSocketServer
  readonly #durations: Durations
  readonly #script: FaultScript
  readonly #line = new LineFaults()
  readonly #speech: Speech
  readonly #clients = new Map<WebSocket, ClientState>()
  readonly #timers = new Set<NodeJS.Timeout>()
  /** ms of `performance.now()` at which each headset began to count. */
  readonly #zeros = new Map<string, number>()
  readonly #errors = new Map<string, { readonly code: number; times: number }>()
  readonly #ticks: NodeJS.Timeout
  readonly #log = getLogger('nodeacq.CortexSimulator')

  private constructor(options: CortexSimulatorOptions) {
    const { dialect = 'v2', headsets = HEADSETS[dialect], clientId = 'CLIENT_ID' } = options
    const { clientSecret = 'CLIENT_SECRET', username = 'jane', refusals = 0, durations = {} } = options
    const { exports = process.cwd() } = options
    const { host = 'localhost', certificate = selfSignedCertificate(host) } = options
    this.model = new CortexModel({ headsets, clientId, clientSecret, username, refusals, exports })
    this.#speech = dialect === 'v1' ? new V1Speech(this.model) : cortex2Speech
    this.#durations = { scan: 20, connect: 0.5, training: 8, ...durations }
    this.#script = new FaultScript(options.faults ?? [], (fault) => this.inject(fault))
    this.certificate = certificate.cert
    this.#server = createServer(certificate)
    this.#sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_FRAME })
    this.#server.on('connection', (socket) => this.#line.isRefusing && socket.destroy())
    this.#server.on('upgrade', (request, socket, head) => {
      this.#sockets.handleUpgrade(request, new FaultySocket(socket, this.#line), head, (peer) => this.#welcome(peer))
    })
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
    const own = this.#own[fault.kind]
    if (own) own(fault)
    else if (!this.#line.inject(fault)) this.#eachSession((session) => session.inject(fault))
  }

  async close(): Promise<void> {
    clearInterval(this.#ticks)
    this.#script.close()
    for (const timer of this.#timers) clearTimeout(timer)
    for (const socket of this.#clients.keys()) socket.terminate()
    this.#sockets.close()
    this.#server.closeAllConnections()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Faults that are neither of the line nor of samples, and those that are of messages here. */
  readonly #own: Readonly<Record<string, (fault: Fault) => void>> = {
    error: ({ value }) => {
      const [method = '', code, times = '1'] = value.split(':')
      this.#errors.set(method, { code: Number(code), times: Number(times) })
    },
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

  #eachSession(work: (session: LiveSession) => void): void {
    for (const { sessions } of this.#clients.values()) for (const session of sessions.values()) work(session)
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
    const client: ClientState = new ClientState((messages) => {
      for (const message of this.#speech.tell(messages, client)) socket.send(JSON.stringify(message))
    })
    this.#clients.set(socket, client)
    socket.on('message', (data) => {
      const answer = this.#speech.answer((data as Buffer).toString('utf8'), this.#callOf(client))
      if (answer instanceof Promise) void answer.then((late) => socket.send(JSON.stringify(late)))
      else if (answer !== undefined) socket.send(JSON.stringify(answer))
    })
    socket.on('error', (error) => this.#log.debug(`client: ${error.message}`))
    socket.on('close', () => {
      for (const session of [...client.sessions.values()]) client.close(session)
      this.#clients.delete(socket)
    })
    this.#script.begin()
  }

  /** A call has come. @throws {Refusal} when it was asked to fail. */
  #note(method: string, params: unknown): void {
    this.onCall?.(method, params)
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
      note: (method, params) => this.#note(method, params),
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
    for (const client of this.#clients.values()) {
      const due = [...client.sessions.values()].flatMap((session) => [...session.due()])
      if (due.length > 0) client.send(...due)
    }
  }
}
