import type { LocalServer } from '../localServers.ts'
import { MARKER } from '../serialize/markers.ts'
import type { ProxyRecord } from '../serialize/markers.ts'
import { Holder } from '../server/ObjectTable.ts'
import type { Caller } from './Caller.ts'
import { Handle } from './Handle.ts'

/** How a process gets its own server and a connection to it. */
export interface LocalAccess {
  server: () => Promise<LocalServer>
  connect: (address: string) => Promise<Caller>
}

/** An object of this process that is to be handed to others; used here, its calls go through the server like theirs. */
export class LocalHandle extends Handle {
  readonly object: object
  readonly #access: LocalAccess

  constructor(object: object, access: LocalAccess) {
    super(NOWHERE, { connect: () => this.#open() })
    this.object = object
    this.#access = access
  }

  /** Resolves when this process has a server. */
  async prepare(): Promise<void> {
    await this.#access.server()
  }

  async #open(): Promise<Caller> {
    const server = await this.#access.server()
    this.record = server.reference(this.object, new Holder())
    return this.#access.connect(server.address)
  }
}

const NOWHERE: ProxyRecord = {
  [MARKER]: 'proxy',
  rpc_addr: 'here',
  obj_id: -1,
  ref_id: -1,
  type_str: 'local',
  attributes: []
}

/** Thrown while encoding an argument that needs this process's server, when there is none yet. */
export class ServerNeeded extends Error {
  readonly handle: LocalHandle

  constructor(handle: LocalHandle) {
    super('this process has no RPC server yet')
    this.handle = handle
  }
}
