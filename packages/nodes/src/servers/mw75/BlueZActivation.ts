import { setTimeout as sleep } from 'node:timers/promises'
import { DeviceError } from '@nodeacq/core'
import { DBusConnection } from '../../devices/dbus/DBusConnection.ts'
import { BLE_COMMANDS, BLE_COMMAND_UUID, BLE_NOTIFY_UUID, parseBleAnswer } from '../../devices/mw75/bleCommands.ts'
import type { Mw75Log } from './Mw75Source.ts'
import type { Mw75Activation } from './SerialSource.ts'

type Properties = ReadonlyMap<string, unknown>
/** Path, interface, properties. */
type Objects = ReadonlyMap<string, ReadonlyMap<string, Properties>>

const BLUEZ = 'org.bluez'
const ADAPTER = 'org.bluez.Adapter1'
const DEVICE = 'org.bluez.Device1'
const CHARACTERISTIC = 'org.bluez.GattCharacteristic1'
/** ms that a headset is looked for, and that its services may take. */
const DISCOVERY = 4000
const SERVICES = 10_000
/** ms between two looks. */
const LOOK = 200
/** ms after each command. */
const PAUSES = { enableEeg: 100, enableRaw: 500, battery: 500, disableRaw: 100, disableEeg: 0 } as const

/** Lets an MW75 stream, and stop, over Bluetooth Low Energy: by BlueZ, the Bluetooth of Linux, through its message bus. */
export class BlueZActivation implements Mw75Activation {
  #device: string | undefined

  /** Whether BlueZ runs here. */
  static async isThere(): Promise<boolean> {
    try {
      using bus = await DBusConnection.system()
      return await bus.hasOwner(BLUEZ)
    } catch (error) {
      if (error instanceof DeviceError) return false
      throw error
    }
  }

  async start(log: Mw75Log, signal: AbortSignal): Promise<number | null> {
    using bus = await DBusConnection.system()
    const device = await find(bus, log, signal)
    this.#device = device
    const [command, notify] = await reachCharacteristics(bus, device, signal)
    const done = { eeg: false, raw: false, battery: null as number | null }
    bus.onSignal = ({ path, body: [, changed] }) => {
      const value = path === notify && changed instanceof Map ? (changed as Properties).get('Value') : undefined
      if (!(value instanceof Uint8Array)) return
      log('DEBUG', `BLE Response: ${Buffer.from(value).toString('hex')}`)
      const answer = parseBleAnswer(value)
      if (answer === 'eegEnabled') done.eeg = true
      else if (answer === 'rawEnabled') done.raw = true
      else if (answer !== 'other') done.battery = answer.battery
    }
    await bus.listen(notify, 'PropertiesChanged')
    await bus.call({ destination: BLUEZ, path: notify, interface: CHARACTERISTIC, member: 'StartNotify' })
    for (const name of ['enableEeg', 'enableRaw', 'battery'] as const) await write(bus, command, name, signal)
    await bus.call({ destination: BLUEZ, path: notify, interface: CHARACTERISTIC, member: 'StopNotify' })
    if (!done.eeg || !done.raw) throw new Error(`the headset did not confirm: EEG ${done.eeg}, raw mode ${done.raw}`)
    return done.battery
  }

  async stop(log: Mw75Log): Promise<void> {
    if (this.#device === undefined) return
    try {
      using bus = await DBusConnection.system()
      const signal = AbortSignal.timeout(SERVICES)
      const [command] = await reachCharacteristics(bus, this.#device, signal)
      for (const name of ['disableRaw', 'disableEeg'] as const) await write(bus, command, name, signal)
    } catch (error) {
      // It may be out of reach by now.
      log('WARNING', `The headset could not be told to stop: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

async function objectsOf(bus: DBusConnection): Promise<Objects> {
  const call = { destination: BLUEZ, path: '/', interface: 'org.freedesktop.DBus.ObjectManager' }
  const [objects] = await bus.call({ ...call, member: 'GetManagedObjects' })
  return objects as Objects
}

function isHeadset(interfaces: ReadonlyMap<string, Properties>): boolean {
  const name = interfaces.get(DEVICE)?.get('Name')
  return typeof name === 'string' && name.toUpperCase().includes('MW75')
}

/** @returns the path of the first headset that is known, or that shows up within some seconds. */
async function find(bus: DBusConnection, log: Mw75Log, signal: AbortSignal): Promise<string> {
  const known = async (): Promise<string | undefined> =>
    [...(await objectsOf(bus))].find(([, interfaces]) => isHeadset(interfaces))?.[0]
  const atOnce = await known()
  if (atOnce !== undefined) return atOnce
  const adapter = [...(await objectsOf(bus))].find(([, interfaces]) => interfaces.has(ADAPTER))?.[0]
  if (adapter === undefined) throw new Error('there is no Bluetooth adapter')
  log('INFO', 'Scanning for MW75...')
  await bus.call({ destination: BLUEZ, path: adapter, interface: ADAPTER, member: 'StartDiscovery' })
  try {
    return await until(known, DISCOVERY, 'MW75 not found', signal)
  } finally {
    await bus.call({ destination: BLUEZ, path: adapter, interface: ADAPTER, member: 'StopDiscovery' })
  }
}

/** @returns paths of what takes commands and of what answers. */
async function reachCharacteristics(
  bus: DBusConnection,
  device: string,
  signal: AbortSignal
): Promise<readonly [command: string, notify: string]> {
  const properties = (await objectsOf(bus)).get(device)?.get(DEVICE)
  if (properties?.get('Connected') !== true) {
    await bus.call({ destination: BLUEZ, path: device, interface: DEVICE, member: 'Connect' })
  }
  return await until(
    async () => {
      const objects = [...(await objectsOf(bus))].filter(([path]) => path.startsWith(`${device}/`))
      const pathOf = (uuid: string): string | undefined =>
        objects.find(([, interfaces]) => interfaces.get(CHARACTERISTIC)?.get('UUID') === uuid)?.[0]
      const [command, notify] = [pathOf(BLE_COMMAND_UUID), pathOf(BLE_NOTIFY_UUID)]
      return command === undefined || notify === undefined ? undefined : ([command, notify] as const)
    },
    SERVICES,
    'the headset does not offer the service of the MW75',
    signal
  )
}

async function write(
  bus: DBusConnection,
  path: string,
  name: keyof typeof BLE_COMMANDS,
  signal: AbortSignal
): Promise<void> {
  await bus.call({
    destination: BLUEZ,
    path,
    interface: CHARACTERISTIC,
    member: 'WriteValue',
    signature: 'aya{sv}',
    body: [BLE_COMMANDS[name], []]
  })
  await sleep(PAUSES[name], undefined, { signal })
}

async function until<T>(
  look: () => Promise<T | undefined>,
  ms: number,
  reason: string,
  signal: AbortSignal
): Promise<T> {
  const end = performance.now() + ms
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > end) throw new Error(reason)
    await sleep(LOOK, undefined, { signal })
  }
}
