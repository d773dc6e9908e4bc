import { waitFor } from 'testing'
import { Peer } from '../Peer.ts'
import type { CortexSimulator, CortexSimulatorOptions } from '../../../src/index.ts'
import { startSimulator } from '../startCortex.ts'

type Members = Record<string, unknown>

/** The older Cortex's error. */
class V1CallError extends Error {
  readonly code: unknown

  constructor({ code, text }: Members) {
    super(String(text))
    this.code = code
  }
}

/** A client of the older Cortex that sends what it is told. */
export class V1Peer implements AsyncDisposable {
  readonly #peer: Peer
  #id = 0
  /** Token of its calls; undefined: that of the connection. */
  token: string | undefined

  private constructor(peer: Peer) {
    this.#peer = peer
  }

  static async connect(simulator: CortexSimulator): Promise<V1Peer> {
    return new V1Peer(await Peer.connect(simulator))
  }

  get messages(): readonly Members[] {
    return this.#peer.messages
  }

  /** Data messages up to now, of a stream. */
  notifications(stream: string): Members[] {
    return this.messages.filter((message) => 'time' in message && stream in message)
  }

  /** Resolves with the first data message of a stream that suits, of those from the `from`th message on. */
  async next(stream: string, suits: (message: Members) => boolean = () => true, from = 0): Promise<Members> {
    let found: Members | undefined
    await waitFor(() => (found = this.messages.slice(from).find((one) => 'time' in one && stream in one && suits(one))))
    return found!
  }

  sendRaw(request: object): void {
    this.#peer.send(JSON.stringify(request))
  }

  async answerTo(request: Members): Promise<Members> {
    return await this.#peer.ask(JSON.stringify(request), request['id'])
  }

  /** @throws {V1CallError} */
  async call(method: string, params: Members = {}, token = this.token): Promise<unknown> {
    const id = `call ${++this.#id}`
    const auth = token === undefined ? {} : { _auth: token }
    const answer = await this.answerTo({ id, jsonrpc: '2.0', method, params, ...auth })
    if (answer['error'] !== undefined) throw new V1CallError(answer['error'] as Members)
    return answer['result']
  }

  async object(method: string, params: Members = {}): Promise<Members> {
    return (await this.call(method, params)) as Members
  }

  async list(method: string, params: Members = {}): Promise<Members[]> {
    return (await this.call(method, params)) as Members[]
  }

  /** With everything, unless said otherwise. */
  async authorize(params: Members = { license: 'lic-1' }): Promise<string> {
    return (await this.object('authorize', params))['_auth'] as string
  }

  /** An active session of the first headset; its id. */
  async session(params: Members = {}): Promise<string> {
    return (await this.object('createSession', { status: 'active', ...params }))['id'] as string
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#peer[Symbol.asyncDispose]()
  }
}

export interface V1Rig extends AsyncDisposable {
  readonly simulator: CortexSimulator
  readonly peer: V1Peer
}

/** A simulator of the older Cortex, and a client of it. */
export async function startV1(options: CortexSimulatorOptions = {}): Promise<V1Rig> {
  const simulator = await startSimulator({ dialect: 'v1', ...options })
  const peer = await V1Peer.connect(simulator)
  return {
    simulator,
    peer,
    [Symbol.asyncDispose]: async () => {
      await peer[Symbol.asyncDispose]()
      await simulator.close()
    }
  }
}
