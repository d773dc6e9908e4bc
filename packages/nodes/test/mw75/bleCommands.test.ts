import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BLE_COMMANDS, parseBleAnswer } from '../../src/devices/mw75/bleCommands.ts'

const { bleCommandsHex, bleResponses } = JSON.parse(
  readFileSync(new URL('../fixtures/mw75_raw_packets.json', import.meta.url), 'utf8')
) as {
  readonly bleCommandsHex: Readonly<Record<string, string>>
  readonly bleResponses: readonly { readonly hex: string; readonly meaning: string }[]
}

test('commands are those of the original, and its answers are understood', () => {
  const hex = Object.entries(BLE_COMMANDS).map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')])
  expect(Object.fromEntries(hex)).toEqual(bleCommandsHex)
  expect(bleResponses.map(({ hex }) => parseBleAnswer(Buffer.from(hex, 'hex')))).toEqual([
    'eegEnabled',
    'rawEnabled',
    { battery: 85 },
    { battery: 85 }
  ])
  for (const wrong of ['', '099a', '099a0360e0', '089a0360f1', '099a0314f1']) {
    expect(parseBleAnswer(Buffer.from(wrong, 'hex'))).toBe('other')
  }
})
