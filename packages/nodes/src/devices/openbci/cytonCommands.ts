/**
 * Commands of the OpenBCI Cyton: ASCII, most of them one character. A reply, where there is one, ends with `$$$`; while
 * the board streams it gives none.
 *
 *   b s v          start, stop, reset with a greeting
 *   1–8 q–i        channel 1–16 off;  ! @ # $ % ^ & *  Q–I  on
 *   0 - = p [ ]    test signals for all channels
 *   x CH POWER GAIN INPUT BIAS SRB2 SRB1 X    settings of a channel; CH is 1–8, Q–I; POWER 1 is off
 *   z CH P N Z     lead-off current on the inputs of a channel
 *   d D ? V        defaults for all channels, tell them, tell registers, version
 *   c C            8 channels, 16 channels
 *   < >            board time in packets on, off
 *   /n  //         set, tell the board mode
 *   ~n  ~~         set, tell the rate
 *   `c             marker
 *   a A S F G H J K L  j    write a file on the SD card of a length; end it
 *
 * Source: firmware of OpenBCI/OpenBCI_Cyton_Library.
 */
export const END_OF_REPLY = '$$$'

const OFF = '12345678qwertyui'
const ON = '!@#$%^&*QWERTYUI'
const CHANNEL = '12345678QWERTYUI'

export const CYTON_GAINS = [1, 2, 4, 6, 8, 12, 24] as const
export const CYTON_INPUTS = [
  'normal',
  'shorted',
  'biasMeasurement',
  'supply',
  'temperature',
  'testSignal',
  'biasP',
  'biasN'
] as const
export const CYTON_MODES = ['default', 'debug', 'analog', 'digital', 'marker', 'ble'] as const
/** Hz, by the digit of `~`; those above 250 only over Wi-Fi. */
export const CYTON_RATES = [16_000, 8000, 4000, 2000, 1000, 500, 250] as const
export const TEST_SIGNALS = { ground: '0', slow: '-', fast: '=', dc: 'p', slow2: '[', fast2: ']' } as const
/** By the length of the file. */
export const SD_FILES = {
  '14s': 'a',
  '5min': 'A',
  '15min': 'S',
  '30min': 'F',
  '1h': 'G',
  '2h': 'H',
  '4h': 'J',
  '12h': 'K',
  '24h': 'L'
} as const

export interface ChannelSettings {
  isOn: boolean
  gain: (typeof CYTON_GAINS)[number]
  input: (typeof CYTON_INPUTS)[number]
  /** Takes part in the bias. */
  bias: boolean
  srb2: boolean
  srb1: boolean
}

/** What every channel has after a reset: `060110`. */
export const DEFAULT_CHANNEL: Readonly<ChannelSettings> = {
  isOn: true,
  gain: 24,
  input: 'normal',
  bias: true,
  srb2: true,
  srb1: false
}

/** The channel, from 1, that a character switches; undefined for any other. */
export function readSwitch(character: string): { channel: number; isOn: boolean } | undefined {
  const on = ON.indexOf(character)
  if (on >= 0) return { channel: on + 1, isOn: true }
  const off = OFF.indexOf(character)
  return off < 0 ? undefined : { channel: off + 1, isOn: false }
}

/** `060110` and the like: how settings are written. */
export function settingsText({ isOn, gain, input, bias, srb2, srb1 }: Readonly<ChannelSettings>): string {
  const flags = [bias, srb2, srb1].map(Number).join('')
  return `${isOn ? 0 : 1}${CYTON_GAINS.indexOf(gain)}${CYTON_INPUTS.indexOf(input)}${flags}`
}

/** Reads six digits; undefined when they are none, or out of range. */
export function readSettings(text: string): ChannelSettings | undefined {
  if (!/^[01][0-6][0-7][01]{3}$/.test(text)) return undefined
  const digits = Array.from(text, Number)
  return {
    isOn: digits[0] === 0,
    gain: CYTON_GAINS[digits[1]!]!,
    input: CYTON_INPUTS[digits[2]!]!,
    bias: digits[3] === 1,
    srb2: digits[4] === 1,
    srb1: digits[5] === 1
  }
}

/** @param channel from 1 */
export function channelCommand(channel: number, settings: Readonly<ChannelSettings>): string {
  return `x${CHANNEL[channel - 1]}${settingsText(settings)}X`
}

/** @param channel from 1; @param on.p inject the test current at the P input, @param on.n at the N input */
export function leadOffCommand(channel: number, on: { readonly p: boolean; readonly n: boolean }): string {
  return `z${CHANNEL[channel - 1]}${Number(on.p)}${Number(on.n)}Z`
}

/** The channel, from 1, of `x` and `z`; undefined for any other character. */
export function readChannel(character: string): number | undefined {
  const at = CHANNEL.indexOf(character)
  return at < 0 || character === '' ? undefined : at + 1
}

export function modeCommand(mode: (typeof CYTON_MODES)[number]): string {
  return `/${CYTON_MODES.indexOf(mode)}`
}
