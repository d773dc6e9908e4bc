import { createCipheriv, createDecipheriv } from 'node:crypto'
import { ConfigError } from '@nodeacq/core'

/** Bytes of a report of an Emotiv dongle. */
export const REPORT_SIZE = 32

/**
 * How the reports of a headset are encrypted: AES-128 ECB, two blocks of 16 bytes. The key is made of the last four
 * characters of the dongle's serial number (`1` is the last, `2` the one before …) and of bytes that are the same for all.
 * The reports of an EPOC X are masked with 0x55 before they are decrypted.
 *
 * Sources: openyou/emokit, CommanderPho/emotiv-lsl, pyacq. Two of them disagree on which of `epoc` and `epocAlternate` is
 * sold to consumers.
 */
const KEYS = {
  epoc: ['1', 0x00, '2', 0x54, '3', 0x10, '4', 0x42, '1', 0x00, '2', 0x48, '3', 0x00, '4', 0x50],
  epocAlternate: ['1', 0x00, '2', 0x48, '1', 0x00, '2', 0x54, '3', 0x10, '4', 0x42, '3', 0x00, '4', 0x50],
  epocConsumer: ['1', 0x00, '2', 0x48, '3', 0x00, '4', 0x54, '1', 0x10, '2', 0x42, '3', 0x00, '4', 0x50],
  epocPlus: ['1', '2', '2', '3', '3', '3', '2', '4', '1', '4', '2', '2', '4', '4', '2', '1'],
  epocPlus14: ['1', 0x00, '2', 0x15, '3', 0x00, '4', 0x0c, '3', 0x00, '2', 0x44, '1', 0x00, '2', 0x58],
  epocX: ['1', '2', '4', '4', '2', '1', '2', '4', '1', '4', '3', '2', '1', '2', '2', '3']
} as const satisfies Readonly<Record<string, readonly (string | number)[]>>

export type EmotivModel = keyof typeof KEYS
export const EMOTIV_MODELS = Object.keys(KEYS) as [EmotivModel, ...EmotivModel[]]

const MASK = 0x55
const MIN_SERIAL = 4

/** The 16 bytes of the key. @throws {ConfigError} when the serial number is too short. */
export function emotivKey(model: EmotivModel, serial: string): Uint8Array {
  if (serial.length < MIN_SERIAL || !/^[\x20-\x7e]+$/.test(serial)) {
    throw new ConfigError('serial number of an Emotiv dongle', [
      `expected at least ${MIN_SERIAL} characters of ASCII, got '${serial}'`
    ])
  }
  const byteOf = (part: string | number) =>
    typeof part === 'number' ? part : serial.charCodeAt(serial.length - Number(part))
  return Uint8Array.from(KEYS[model], byteOf)
}

/** Encrypts and decrypts the reports of one dongle. */
export class EmotivCipher {
  readonly model: EmotivModel
  readonly #decipher: ReturnType<typeof createDecipheriv>
  readonly #cipher: ReturnType<typeof createCipheriv>
  readonly #mask: number

  /** @throws {ConfigError} when the serial number is too short. */
  constructor(model: EmotivModel, serial: string) {
    const key = emotivKey(model, serial)
    this.model = model
    this.#mask = model === 'epocX' ? MASK : 0
    this.#decipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false)
    this.#cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false)
  }

  /** @param report 32 bytes */
  decrypt(report: Uint8Array): Uint8Array {
    return this.#decipher.update(this.#masked(report))
  }

  /** @param report 32 bytes */
  encrypt(report: Uint8Array): Uint8Array {
    return this.#masked(this.#cipher.update(report))
  }

  #masked(report: Uint8Array): Uint8Array {
    return this.#mask === 0 ? report : report.map((byte) => byte ^ this.#mask)
  }
}
