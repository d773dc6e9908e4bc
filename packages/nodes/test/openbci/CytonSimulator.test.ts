import { SerialPort } from 'serialport'
import { waitFor } from 'testing'
import { expect, onTestFinished, test } from 'vitest'
import { CytonDecoder } from '../../src/devices/openbci/CytonDecoder.ts'
import { CytonSimulator, type CytonSimulatorOptions } from '../../src/index.ts'
import { vectorsOf } from '../vectors.ts'

interface Exchange {
  readonly send: string
  readonly reply: string
  readonly waitMs?: number
  readonly note?: string
}

const { exchanges } = vectorsOf<{ readonly exchanges: readonly Exchange[] }>('openbci_cyton_commands.json')

/** A program that writes and reads a simulator's port as any other would. */
async function connect(options: CytonSimulatorOptions = {}) {
  const simulator = await CytonSimulator.start(options)
  onTestFinished(() => simulator.close())
  const port = new SerialPort({ path: simulator.address, baudRate: 115_200, autoOpen: false })
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())))
  onTestFinished(() => new Promise<void>((resolve) => port.close(() => resolve())))
  let bytes = Buffer.alloc(0)
  port.on('data', (chunk: Buffer) => (bytes = Buffer.concat([bytes, chunk])))
  await waitFor(() => simulator.hasClient)
  const take = (): Buffer => {
    const taken = bytes
    bytes = Buffer.alloc(0)
    return taken
  }
  return { simulator, port, take, text: () => bytes.toString('latin1') }
}

test('every exchange of the vectors is answered to the letter', async () => {
  const plain = await connect()
  const daisy = await connect({ hasDaisy: true })
  for (const { send, reply, note = '' } of exchanges) {
    if (reply === '') continue
    const client = /Daisy present|with Daisy; without|x?Q/.test(`${note}${send}`) ? daisy : plain
    client.take()
    client.port.write(send, 'latin1')
    await waitFor(() => client.text().endsWith('$$$'), { what: `the reply to ${send}` })
    expect({ send, reply: client.take().toString('latin1') }).toEqual({ send, reply })
  }
  plain.port.write('v')
  daisy.port.write('v')
  await waitFor(() => daisy.text().endsWith('$$$') && plain.text().endsWith('$$$'))
  expect(daisy.take().toString()).toContain('\r\nOn Daisy ADS1299 Device ID: 0x3E\r\n')
  expect(plain.take().toString()).not.toContain('Daisy')
})

test('b streams packets from number 0, s ends them; while it streams commands are silent', async () => {
  const { port, take } = await connect()
  const numbers: number[] = []
  const decoder = new CytonDecoder(({ sampleNumber }) => numbers.push(sampleNumber))
  port.write('b')
  await waitFor(() => {
    decoder.push(take())
    return numbers.length > 20
  })
  port.write('V1!x1060110X')
  await waitFor(() => {
    decoder.push(take())
    return numbers.filter((number) => number === 0).length > 1
  })
  port.write('s')
  port.write('V')
  let text = ''
  await waitFor(() => {
    const bytes = take()
    decoder.push(bytes)
    text += bytes.toString('latin1')
    return text.endsWith('v3.1.5$$$')
  })
  expect(numbers.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, k) => k))
  expect(text.indexOf('$$$')).toBe(text.length - 3)
})
