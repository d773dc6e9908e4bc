import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

export interface Certificate {
  /** PEM */
  readonly key: string
  /** PEM */
  readonly cert: string
}

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18
}
const ECDSA_SHA256 = '1.2.840.10045.4.3.2'
const COMMON_NAME = '2.5.4.3'
const BASIC_CONSTRAINTS = '2.5.29.19'
const SUBJECT_ALT_NAME = '2.5.29.17'
const DAY = 24 * 3600 * 1000

/**
 * A certificate that signs itself, for a server that is only on this machine: X.509 v3 (RFC 5280), ECDSA on P-256, valid
 * for a year, for the name and for localhost, 127.0.0.1 and ::1. It is its own authority.
 * @param commonName name of the host, or its IPv4 address
 */
export function selfSignedCertificate(commonName = 'localhost'): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(TAG.sequence, oid(ECDSA_SHA256))
  const name = der(
    TAG.sequence,
    der(TAG.set, der(TAG.sequence, oid(COMMON_NAME), der(TAG.utf8, Buffer.from(commonName))))
  )
  const serial = randomBytes(16)
  // Positive, and without a leading zero.
  serial[0] = (serial[0]! & 0x3f) | 0x40
  const body = der(
    TAG.sequence,
    der(0xa0, der(TAG.integer, Buffer.from([2]))),
    der(TAG.integer, serial),
    algorithm,
    name,
    der(TAG.sequence, time(Date.now() - DAY), time(Date.now() + 365 * DAY)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(TAG.sequence, isAuthority(), alternativeNames(commonName)))
  )
  const signature = sign('sha256', body, privateKey)
  const certificate = der(TAG.sequence, body, algorithm, der(TAG.bits, Buffer.from([0]), signature))
  const text = certificate.toString('base64').replace(/.{1,64}/g, '$&\n')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: `-----BEGIN CERTIFICATE-----\n${text}-----END CERTIFICATE-----\n`
  }
}

function isAuthority(): Buffer {
  const isTrue = der(TAG.boolean, Buffer.from([0xff]))
  return der(TAG.sequence, oid(BASIC_CONSTRAINTS), isTrue, der(TAG.octets, der(TAG.sequence, isTrue)))
}

function alternativeNames(commonName: string): Buffer {
  const hosts = new Set([commonName, 'localhost', '127.0.0.1'])
  const names = [...hosts].map((host) =>
    isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host))
  )
  const ipv6Loopback = der(0x87, Buffer.from([...new Uint8Array(15), 1]))
  return der(TAG.sequence, oid(SUBJECT_ALT_NAME), der(TAG.octets, der(TAG.sequence, ...names, ipv6Loopback)))
}

/** One item of DER: tag, length, content. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const septets = [part & 0x7f]
    for (let high = part >>> 7; high > 0; high >>>= 7) septets.unshift((high & 0x7f) | 0x80)
    bytes.push(...septets)
  }
  return der(TAG.oid, Buffer.from(bytes))
}

/** Years from 2050 on are written in full (RFC 5280, 4.1.2.5). */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  const isLate = Number(digits.slice(0, 4)) >= 2050
  return der(isLate ? TAG.generalizedTime : TAG.utcTime, Buffer.from(isLate ? digits : digits.slice(2)))
}
