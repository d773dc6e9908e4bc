import { DeviceError } from '@nodeacq/core'
import { expect, test } from 'vitest'
import { parseXml as parse, writeXml, type XmlElement } from './xml.ts'

const parseXml = (text: string): XmlElement => parse(text, { error: DeviceError })

test('elements, attributes in both quotes, entities, comments and a declaration are read', () => {
  const text = `<?xml version="1.0" encoding="UTF-8"?>
    <!-- a < b --><a one="1" two='"2"'>text<b x="&lt;&amp;&gt;&quot;&apos;&#65;&#x42;"/><b x = "R&D <1" /></a >
  `
  expect(parseXml(text)).toEqual({
    name: 'a',
    text: 'text',
    attributes: { one: '1', two: '"2"' },
    children: [
      { name: 'b', attributes: { x: `<&>"'AB` }, children: [] },
      { name: 'b', attributes: { x: 'R&D <1' }, children: [] }
    ]
  })
})

test('whatever a label holds comes back, except for characters that XML has not', () => {
  const attributes = { label: `Fz "1" <&> ' \t\n é 漢 \u{1f9e0}` }
  expect(parseXml(writeXml({ name: 'channel', attributes, children: [] })).attributes).toEqual(attributes)
  expect(writeXml({ name: 'channel', attributes: { label: 'a\u0000b' }, children: [] })).toBe('<channel label="a b"/>')
})

test('texts of elements are kept, white space between elements is not', () => {
  const { children } = parseXml('<a>\n  <b> x &lt; y </b>\n  <c><![CDATA[<&amp;>]]></c>\n  <d> </d>\n</a>')
  expect(children.map(({ text }) => text)).toEqual([' x < y ', '<&amp;>', undefined])
})

test('texts are written as they are read', () => {
  const parsed = parseXml('<a><b> x &lt; y\t&amp;</b><c/></a>')
  expect(parseXml(writeXml(parsed))).toEqual(parsed)
  expect(writeXml({ name: 'a', attributes: {}, children: [], text: 'half \ud800' })).toBe('<a>half \ufffd</a>')
})

test('an attribute named as a member of objects is an attribute', () => {
  expect(parseXml('<a __proto__="1" constructor="2"/>').attributes['constructor']).toBe('2')
})

test.each([
  '',
  'text',
  '<oops',
  '<a>',
  '<a></b>',
  '</a>',
  '<a/><b/>',
  '<a b=1/>',
  '<a b="1',
  '<!DOCTYPE a><a/>',
  '<a/>text',
  '<a><',
  '<a>'.repeat(9)
])('what is no document is refused: %j', (text) => {
  expect(() => parseXml(text)).toThrow(DeviceError)
})
