import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { DeviceError } from '@nodeacq/core'
import { decodeDBus, encodeDBus, lengthOfDBus, type DBusMessage } from './message.ts'

/** What is called, and of whom. */
export interface DBusCall {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly signature?: string
  readonly body?: readonly unknown[]
}

interface Pending {
  readonly resolve: (body: readonly unknown[]) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

const BUS = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' }
/** ms that an answer may take. */
const TIMEOUT = 15_000

/** A connection to a message bus of this machine, over its Unix socket. */
export class DBusConnection implements Disposable {
  /** Called with every signal that was asked for by `listen`. */
  onSignal: ((message: DBusMessage) => void) | undefined
  readonly #socket: Socket
  readonly #pending = new Map<number, Pending>()
  #serial = 0
  #rest: Uint8Array = new Uint8Array(0)
  #reason = 'the connection was closed'

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  /** The bus of the system: `DBUS_SYSTEM_BUS_ADDRESS`, else the usual one. @throws {DeviceError} where there is none. */
  static async system(): Promise<DBusConnection> {
    const address = process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? 'unix:path=/run/dbus/system_bus_socket'
    const path = /^unix:(?:.*,)?path=([^,;]+)/.exec(address)?.[1]
    if (path === undefined) throw new DeviceError(`D-Bus: expected an address unix:path=…, got '${address}'`)
    const socket = connect(decodeURIComponent(path))
    try {
      await once(socket, 'connect')
      await authenticate(socket)
    } catch (cause) {
      socket.destroy()
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new DeviceError(`D-Bus: no message bus at ${path}: ${reason}`, { cause })
    }
    const bus = new DBusConnection(socket)
    socket.on('data', (bytes) => bus.#receive(bytes))
    socket.on('error', (error) => (bus.#reason = error.message))
    socket.on('close', () => bus.#end())
    await bus.call({ ...BUS, member: 'Hello' })
    return bus
  }

  /** @throws {DeviceError} with the name and the text of the error that was answered. */
  call({ body = [], ...call }: DBusCall): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      const serial = ++this.#serial
      const timer = setTimeout(() => {
        this.#pending.delete(serial)
        reject(new DeviceError(`D-Bus: ${call.member}: no answer within ${TIMEOUT} ms`))
      }, TIMEOUT)
      this.#pending.set(serial, { resolve, reject, timer })
      this.#socket.write(encodeDBus({ ...call, type: 'call', serial, body }))
    })
  }

  /** Lets signals of an object come. */
  async listen(path: string, member: string): Promise<void> {
    const rule = `type='signal',path='${path}',member='${member}'`
    await this.call({ ...BUS, member: 'AddMatch', signature: 's', body: [rule] })
  }

  async hasOwner(name: string): Promise<boolean> {
    const [has] = await this.call({ ...BUS, member: 'NameHasOwner', signature: 's', body: [name] })
    return has === true
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  #receive(bytes: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    try {
      for (let length = lengthOfDBus(this.#rest); length !== undefined; length = lengthOfDBus(this.#rest)) {
        if (this.#rest.length < length) return
        // A copy, so that positions count from the beginning of the message.
        const message = decodeDBus(this.#rest.slice(0, length))
        this.#rest = this.#rest.subarray(length)
        this.#take(message)
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#socket.destroy(error)
    }
  }

  #take(message: DBusMessage): void {
    if (message.type === 'signal') this.onSignal?.(message)
    const pending = this.#pending.get(message.replySerial ?? 0)
    if (pending === undefined) return
    this.#pending.delete(message.replySerial!)
    clearTimeout(pending.timer)
    if (message.type === 'answer') pending.resolve(message.body)
    else pending.reject(new DeviceError(`D-Bus: ${message.errorName}: ${textOf(message.body[0])}`))
  }

  #end(): void {
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer)
      reject(new DeviceError(`D-Bus: ${this.#reason}`))
    }
    this.#pending.clear()
  }
}

/** As the user that this process is of. */
async function authenticate(socket: Socket): Promise<void> {
  const user = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex')
  socket.write(`\0AUTH EXTERNAL ${user}\r\n`)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  if (!answer.toString().startsWith('OK ')) throw new Error(`refused: ${answer.toString().trim()}`)
  socket.write('BEGIN\r\n')
}

/** The text of an error, which is its first argument if it has one. */
function textOf(argument: unknown): string {
  return typeof argument === 'string' ? argument : 'no text'
}
