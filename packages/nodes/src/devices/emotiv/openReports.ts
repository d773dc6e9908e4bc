import { constants, openSync } from 'node:fs'
import { readFile, realpath, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { DeviceError, MissingPackageError } from '@nodeacq/core'
import type { HIDAsync } from 'node-hid'
import { REPORT_SIZE } from './EmotivCipher.ts'

export interface ReportHandlers {
  /** One encrypted report. */
  readonly onReport: (report: Uint8Array) => void
  /** Encrypted reports one after the other, cut anywhere. */
  readonly onBytes: (bytes: Uint8Array) => void
  /** The device is gone, told once; not after `close`. */
  readonly onLost: (reason: string) => void
}

/** What reports come from. */
export interface ReportSource {
  readonly path: string
  /** Of the dongle, where it is known. */
  readonly serial: string | undefined
  /** Safe to call twice. */
  close(): Promise<void>
}

/** USB ids of dongles; the second is that of the first ones. */
const VENDORS = [0x21a1, 0x1234]
const FIRST_PRODUCT = 0xed02
/** Of the two interfaces of a dongle, the one with the reports. */
const INTERFACE = 'Brain Waves'

/**
 * Opens the dongle at `path`, or the first one that is found. A named pipe takes the place of a dongle.
 * @throws {DeviceError} when there is none. @throws {MissingPackageError} without `node-hid`.
 */
export async function openReports(path: string | undefined, handlers: ReportHandlers): Promise<ReportSource> {
  if (path !== undefined && (await isPipe(path))) return openPipe(path, handlers)
  return await openHid(path, handlers)
}

async function isPipe(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFIFO()
  } catch {
    return false
  }
}

function openPipe(path: string, { onBytes, onLost }: ReportHandlers): ReportSource {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    throw new DeviceError(`Emotiv dongle ${path}: cannot be opened: ${(cause as Error).message}`, { cause })
  }
  const socket = new Socket({ fd, readable: true, writable: false })
  let isOpen = true
  const lose = (reason: string): void => {
    if (!isOpen) return
    isOpen = false
    socket.destroy()
    onLost(reason)
  }
  socket.on('data', onBytes)
  socket.on('error', (error) => lose(error.message))
  socket.on('end', () => lose('the device is gone'))
  const close = async (): Promise<void> => {
    isOpen = false
    if (socket.destroyed) return
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.destroy()
    await closed
  }
  return { path, serial: undefined, close }
}

async function openHid(wanted: string | undefined, { onReport, onLost }: ReportHandlers): Promise<ReportSource> {
  const hid = await loadNodeHid()
  const { path, serial } =
    wanted === undefined ? await findDongle(hid) : { path: wanted, serial: await serialOf(wanted) }
  let device: HIDAsync
  try {
    device = await hid.HIDAsync.open(path)
  } catch (cause) {
    throw new DeviceError(`Emotiv dongle ${path}: cannot be opened: ${(cause as Error).message}`, { cause })
  }
  let isOpen = true
  const close = async (): Promise<void> => {
    if (!isOpen) return
    isOpen = false
    await device.close()
  }
  // Windows puts a zero in front of a report.
  device.on('data', (data: Buffer) =>
    onReport(data.length === REPORT_SIZE + 1 && data[0] === 0 ? data.subarray(1) : data)
  )
  device.on('error', (error: Error) => {
    if (!isOpen) return
    void close().catch(() => {})
    onLost(error.message)
  })
  return { path, serial, close }
}

/** Whether a USB device is a dongle of Emotiv, by its ids. */
export function isEmotivDongle({ vendorId, productId }: { vendorId: number; productId: number }): boolean {
  return VENDORS.includes(vendorId) && (vendorId === VENDORS[0] || productId === FIRST_PRODUCT)
}

async function findDongle(hid: typeof import('node-hid')): Promise<{ path: string; serial: string | undefined }> {
  const devices = await hid.devicesAsync()
  const dongles = devices.filter((device) => device.path !== undefined && isEmotivDongle(device))
  const found = dongles.find(({ product }) => product?.includes(INTERFACE)) ?? dongles.at(-1)
  if (found?.path === undefined) {
    throw new DeviceError('Emotiv dongle: none is plugged in, or it may not be opened; give its path as device')
  }
  return { path: found.path, serial: found.serialNumber || (await serialOf(found.path)) }
}

/** The serial number that Linux knows: in the folder of the USB device, above those of its interfaces. */
async function serialOf(path: string): Promise<string | undefined> {
  try {
    const device = await realpath(join('/sys/class/hidraw', basename(path)))
    const usb = dirname(dirname(dirname(dirname(device))))
    return (await readFile(join(usb, 'serial'), 'utf8')).trim()
  } catch {
    return undefined
  }
}

/** @throws {MissingPackageError} */
export async function loadNodeHid(): Promise<typeof import('node-hid')> {
  try {
    return await import('node-hid')
  } catch (error) {
    throw new MissingPackageError('node-hid', 'a dongle of Emotiv', { cause: error })
  }
}
