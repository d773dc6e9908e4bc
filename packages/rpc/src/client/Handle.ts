import { ReleasedError } from '../errors.ts'
import type { ProxyRecord } from '../serialize/markers.ts'
import type { Caller } from './Caller.ts'

/** What the garbage collector's last word about a handle needs to know. */
interface Lease {
  readonly caller: Caller
  readonly objId: number
  readonly refId: number
  /** Whether the reference ends with the handle. */
  ends: boolean
}

const collected = new FinalizationRegistry<Lease>((lease) => {
  if (lease.ends) void lease.caller.endReference(lease.objId, lease.refId, { sync: 'off' }).catch(() => undefined)
})

/** Where the objects of a handle live. */
export interface HandleOptions {
  /** The connection on which the proxy came, when that is the one to its owner. */
  caller?: Caller
  /** Opens the connection otherwise. */
  connect: (address: string) => Promise<Caller>
  /** Whether the reference was made for us and ends when the handle is collected. */
  autoDelete?: boolean
}

/** One reference to an object of another server; all paths and option variants of a proxy share it. */
export class Handle {
  #record: ProxyRecord
  readonly #connect: (address: string) => Promise<Caller>
  #caller: Caller | undefined
  #lease: Lease | undefined
  #released = false

  constructor(record: ProxyRecord, { caller, connect, autoDelete = false }: HandleOptions) {
    this.#record = record.attributes.length === 0 ? record : { ...record, attributes: [] }
    this.#caller = caller
    this.#connect = connect
    if (caller !== undefined && autoDelete) {
      this.#lease = { caller, objId: record.obj_id, refId: record.ref_id, ends: true }
      collected.register(this, this.#lease, this)
    }
  }

  /** As it goes out again, without attributes. */
  get record(): ProxyRecord {
    return this.#record
  }

  protected set record(record: ProxyRecord) {
    this.#record = record
  }

  /** The address of the owner as it was told us. */
  get address(): string {
    return this.record.rpc_addr
  }

  get typeName(): string {
    return this.record.type_str
  }

  /** The connection to the owner, once there is one and while the reference is ours. */
  get caller(): Caller | undefined {
    return this.#released ? undefined : this.#caller
  }

  /** The connection to the owner. @throws {ReleasedError} */
  async connect(): Promise<Caller> {
    if (this.#released) throw new ReleasedError(`a proxy of ${this.typeName}: used after release`)
    this.#caller ??= await this.#connect(this.address)
    return this.#caller
  }

  /** What goes out to `receiver`; only a message to the owner itself leaves the reference ours alone. */
  recordFor(receiver: Caller | undefined): ProxyRecord {
    if (receiver === undefined || receiver !== this.#caller) this.setAutoDelete(false)
    return this.#record
  }

  setAutoDelete(ends: boolean): void {
    if (this.#lease) this.#lease.ends = ends
  }

  async release(): Promise<void> {
    if (this.#released) return
    const caller = await this.connect()
    this.#released = true
    this.setAutoDelete(false)
    await caller.endReference(this.record.obj_id, this.record.ref_id, {})
  }
}
