/**
 * What an MW75 is told over Bluetooth Low Energy, and what it answers: `09 9A 03`, a command, a value.
 *
 *   60 01 / 00   EEG on / off
 *   41 01 / 00   raw mode on / off
 *   14 FF        how full the battery is
 *
 * The value of an answer is F1 when it was done; for the battery the percents follow. There is another form of that answer,
 * without the command. Commands and names are those of arctop/mw75-streamer, `config.py` and `ble_manager.py`.
 */
export const BLE_COMMANDS = {
  enableEeg: Uint8Array.of(0x09, 0x9a, 0x03, 0x60, 0x01),
  enableRaw: Uint8Array.of(0x09, 0x9a, 0x03, 0x41, 0x01),
  battery: Uint8Array.of(0x09, 0x9a, 0x03, 0x14, 0xff),
  disableRaw: Uint8Array.of(0x09, 0x9a, 0x03, 0x41, 0x00),
  disableEeg: Uint8Array.of(0x09, 0x9a, 0x03, 0x60, 0x00)
} as const

export const BLE_COMMAND_UUID = '00001101-d102-11e1-9b23-00025b00a5a5'
export const BLE_NOTIFY_UUID = '00001102-d102-11e1-9b23-00025b00a5a5'

const DONE = 0xf1

export type BleAnswer = 'eegEnabled' | 'rawEnabled' | { readonly battery: number } | 'other'

export function parseBleAnswer(bytes: Uint8Array): BleAnswer {
  const [first, second, third, command, value, more] = bytes
  if (first !== 0x09 || second !== 0x9a || third !== 0x03 || value === undefined) return 'other'
  if (command === 0x60 && value === DONE) return 'eegEnabled'
  if (command === 0x41 && value === DONE) return 'rawEnabled'
  if (command === 0x14 && value === DONE && more !== undefined) return { battery: more }
  if (command === DONE) return { battery: value }
  return 'other'
}
