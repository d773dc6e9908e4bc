import { closeSync, constants, existsSync, openSync, readSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { SerialPort } from 'serialport'
import { waitFor } from 'testing'
import { expect, onTestFinished, test } from 'vitest'
import { PseudoTerminal } from '../../src/simulators/PseudoTerminal.ts'

/** A terminal that keeps what comes. */
async function openTerminal() {
  const chunks: Buffer[] = []
  const happened: string[] = []
  const terminal = await PseudoTerminal.open({
    data: (bytes) => chunks.push(Buffer.from(bytes)),
    open: () => happened.push('open'),
    close: () => happened.push('close')
  })
  onTestFinished(() => terminal.close())
  return { terminal, happened, received: () => Buffer.concat(chunks) }
}

/** Opens a port as the drivers of devices do. */
async function openPort(path: string): Promise<SerialPort> {
  const port = new SerialPort({ path, baudRate: 115_200, autoOpen: false })
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())))
  onTestFinished(async () => {
    if (port.isOpen) await closePort(port)
  })
  return port
}

function closePort(port: SerialPort): Promise<void> {
  return new Promise((resolve, reject) => port.close((error) => (error ? reject(error) : resolve())))
}

/** Every byte there is, so that whatever a line discipline would change is in it. */
const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

test('a serial driver and the terminal exchange every byte unchanged, both ways', async () => {
  const { terminal, received } = await openTerminal()
  const port = await openPort(terminal.path)
  const chunks: Buffer[] = []
  port.on('data', (chunk: Buffer) => chunks.push(chunk))
  port.write(allBytes)
  await waitFor(() => received().length >= 256, { what: 'the bytes of the driver' })
  terminal.write(allBytes)
  await waitFor(() => Buffer.concat(chunks).length >= 256, { what: 'the bytes of the terminal' })
  expect(received()).toEqual(allBytes)
  expect(Buffer.concat(chunks)).toEqual(allBytes)
})

test('it tells when a program opens and closes it, again and again', async () => {
  const { terminal, happened } = await openTerminal()
  expect(terminal.hasClient).toBe(false)
  for (let round = 1; round <= 2; round++) {
    const port = await openPort(terminal.path)
    await waitFor(() => terminal.hasClient)
    await closePort(port)
    await waitFor(() => !terminal.hasClient)
  }
  expect(happened).toEqual(['open', 'close', 'open', 'close'])
})

test('what is written while nobody has it open is lost', async () => {
  const { terminal, received } = await openTerminal()
  terminal.write(Buffer.from('early'))
  const port = await openPort(terminal.path)
  await waitFor(() => terminal.hasClient)
  const chunks: Buffer[] = []
  port.on('data', (chunk: Buffer) => chunks.push(chunk))
  terminal.write(Buffer.from('late'))
  await waitFor(() => Buffer.concat(chunks).length >= 4)
  expect(Buffer.concat(chunks).toString()).toBe('late')
  expect(received()).toHaveLength(0)
})

test('a program that does not read for a while gets everything in order; beyond the limit bytes are counted as lost', async () => {
  const { terminal } = await openTerminal()
  const port = await openPort(terminal.path)
  await waitFor(() => terminal.hasClient)
  // The driver reads only once somebody listens.
  const block = Buffer.alloc(4096)
  let sent = 0
  while (terminal.lost === 0) {
    for (let at = 0; at < block.length; at += 4) block.writeUInt32LE(sent + at, at)
    terminal.write(block)
    if (terminal.lost === 0) sent += block.length
  }
  expect(terminal.lost).toBe(block.length)
  expect(sent).toBeGreaterThan(1 << 20)
  let length = 0
  let wrong = 0
  port.on('data', (chunk: Buffer) => {
    for (const byte of chunk) {
      const expected = ((length & ~3) >>> ((length & 3) * 8)) & 0xff
      if (byte !== expected) wrong++
      length++
    }
  })
  await waitFor(() => length >= sent, { what: () => `${sent} bytes, got ${length}` })
  expect({ length, wrong }).toEqual({ length: sent, wrong: 0 })
})

test('when it closes, who has it open reads the end, the path is gone, and no descriptor is left', async () => {
  const before = (await readdir('/proc/self/fd')).length
  const { terminal } = await openTerminal()
  const fd = openSync(terminal.path, constants.O_RDWR | constants.O_NOCTTY)
  await waitFor(() => terminal.hasClient)
  terminal.write(Buffer.from('last'))
  expect(readSync(fd, Buffer.alloc(8))).toBe(4)
  terminal.close()
  terminal.close()
  expect(readSync(fd, Buffer.alloc(8))).toBe(0)
  closeSync(fd)
  expect(existsSync(terminal.path)).toBe(false)
  await waitFor(async () => (await readdir('/proc/self/fd')).length <= before, { what: 'descriptors to be closed' })
})
