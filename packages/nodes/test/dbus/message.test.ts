import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeDBus, encodeDBus, lengthOfDBus, type DBusMessage } from '../../src/devices/dbus/message.ts'
import { parseSignature } from '../../src/devices/dbus/signature.ts'

const { cases } = JSON.parse(readFileSync(new URL('../fixtures/dbus_messages.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly { readonly name: string; readonly hex: string }[]
}

const bytesOf = (name: string) => Uint8Array.from(Buffer.from(cases.find((each) => each.name === name)!.hex, 'hex'))
const variant = (signature: string, value: unknown) => ({ signature, value })
const map = (entries: Record<string, unknown>) => new Map(Object.entries(entries))

/** What is written and what is read of it: they differ in variants, which are read as their values. */
const MESSAGES: readonly (readonly [name: string, written: DBusMessage, read: readonly unknown[]])[] = [
  [
    'a call with bytes and an empty map',
    {
      type: 'call',
      serial: 7,
      destination: 'org.bluez',
      path: '/org/bluez/hci0/dev_1/char0001',
      interface: 'org.bluez.GattCharacteristic1',
      member: 'WriteValue',
      signature: 'aya{sv}',
      body: [Uint8Array.of(9, 0x9a, 3, 0x60, 1), []]
    },
    [Uint8Array.of(9, 0x9a, 3, 0x60, 1), new Map()]
  ],
  [
    'a call without arguments',
    {
      type: 'call',
      serial: 7,
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
      member: 'Hello',
      body: []
    },
    []
  ],
  [
    'a signal with variants',
    {
      type: 'signal',
      serial: 7,
      path: '/a/b',
      interface: 'org.freedesktop.DBus.Properties',
      member: 'PropertiesChanged',
      signature: 'sa{sv}as',
      body: [
        'org.bluez.GattCharacteristic1',
        map({
          Value: variant('ay', Uint8Array.of(9, 0x9a)),
          N: variant('n', -5),
          Deep: variant('a{sv}', map({ x: variant('d', 0.5) }))
        }),
        ['Gone']
      ]
    },
    ['org.bluez.GattCharacteristic1', map({ Value: Uint8Array.of(9, 0x9a), N: -5, Deep: map({ x: 0.5 }) }), ['Gone']]
  ],
  [
    'an answer with objects',
    {
      type: 'answer',
      serial: 7,
      replySerial: 3,
      destination: ':1.5',
      signature: 'a{oa{sa{sv}}}',
      body: [
        map({
          '/': new Map(),
          '/org/bluez/hci0': map({
            'org.bluez.Adapter1': map({ Powered: variant('b', true), Name: variant('s', 'häd') })
          })
        })
      ]
    },
    [
      map({
        '/': new Map(),
        '/org/bluez/hci0': map({ 'org.bluez.Adapter1': map({ Powered: true, Name: 'häd' }) })
      })
    ]
  ],
  [
    'every basic type',
    {
      type: 'answer',
      serial: 7,
      replySerial: 4,
      signature: 'ybnqiuxtdsog(yx)ad',
      body: [
        255,
        true,
        -2,
        65_535,
        -70_000,
        4_000_000_000,
        -(2n ** 40n),
        2n ** 63n,
        1.25,
        'text',
        '/path',
        'a{sv}',
        [1, 2n],
        [0.5, -1.5]
      ]
    },
    [
      255,
      true,
      -2,
      65_535,
      -70_000,
      4_000_000_000,
      -(2n ** 40n),
      2n ** 63n,
      1.25,
      'text',
      '/path',
      'a{sv}',
      [1, 2n],
      [0.5, -1.5]
    ]
  ],
  [
    'an error',
    {
      type: 'error',
      serial: 7,
      errorName: 'org.bluez.Error.Failed',
      replySerial: 9,
      destination: ':1.7',
      signature: 's',
      body: ['Not ready']
    },
    ['Not ready']
  ]
]

test.each(MESSAGES)('%s is written and read as dbus-fast does', (name, message, read) => {
  const bytes = bytesOf(name)
  expect(Buffer.from(encodeDBus(message)).toString('hex')).toBe(Buffer.from(bytes).toString('hex'))
  expect(lengthOfDBus(bytes)).toBe(bytes.length)
  expect(decodeDBus(bytes)).toEqual({ ...message, body: read })
})

test('bytes that are changed or cut are read, or are a RangeError', () => {
  fc.assert(
    fc.property(fc.constantFrom(...cases), fc.nat(), fc.nat(255), fc.nat(), ({ hex }, place, value, length) => {
      const bytes = Uint8Array.from(Buffer.from(hex, 'hex'))
      bytes[place % bytes.length] = value
      const cut = bytes.slice(0, 16 + (length % (bytes.length - 15)))
      let error: unknown
      try {
        decodeDBus(cut)
        lengthOfDBus(cut)
      } catch (thrown) {
        error = thrown
      }
      expect(error === undefined || error instanceof RangeError).toBe(true)
    }),
    { numRuns: 2000 }
  )
})

test('a signature that is none is refused', () => {
  for (const wrong of ['a', '(s', 'a{s', 'z', ')', 'a'.repeat(100)])
    expect(() => parseSignature(wrong)).toThrow(RangeError)
})
