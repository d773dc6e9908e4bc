import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LslQueryError } from '../../src/lsl/LslError.ts'
import { StreamQuery } from '../../src/lsl/query/StreamQuery.ts'
import { parseAnswer } from '../../src/lsl/wire/discovery.ts'
import { infoElement, parseStreamInfo } from '../../src/lsl/wire/streamInfo.ts'
import { discovery, headers } from './vectors.ts'

const { info: f32 } = parseAnswer(Buffer.from(discovery.formats[0]!.replies[0]!.hex, 'hex'))
const meta = parseStreamInfo(Buffer.from(headers[0]!.fullinfo_hex, 'hex').toString('utf8'))
const plain = new StreamQuery(infoElement(f32))
const described = new StreamQuery(infoElement(meta))

function answers(stream: StreamQuery, query: string): boolean {
  try {
    return stream.matches(query)
  } catch (error) {
    if (!(error instanceof LslQueryError)) throw error
    return false
  }
}

test.each(discovery.queries_f32)('as a real outlet: $query', ({ query, replies }) => {
  const own = query.replace(/uid='.*'/, `uid='${f32.uid}'`).replace(/v4data_port=\d+/, `v4data_port=${f32.v4DataPort}`)
  expect(answers(plain, own)).toBe(replies > 0)
})

test.each(discovery.queries_meta)('as a real outlet that describes itself: $query', ({ query, replies }) => {
  expect(answers(described, query)).toBe(replies > 0)
})

test.each([
  ["desc/channels/channel[last()]/label='<x>&amp;'", false],
  ["desc/channels/channel[position()<3][2]/label='Fp2'", true],
  ["desc/channels/channel[3]/preceding-sibling::channel[1]/label='Fp2'", true],
  ['count(//channel/following-sibling::*)=3 and count(//label | //unit)=8', true],
  ['channel_count + 1 = 5 and channel_count * 2 - 8 = 0 and -channel_count < 0', true],
  ['channel_count div 2 = 2 and channel_count mod 3 = 1', true],
  ["substring-before(uid,'-') != '' and string-length(substring-after(uid,'-')) = 27", true],
  ["desc/cap/*[2]=54 and desc/cap/size/text()='54' and //size/ancestor::desc", true],
  ['round(desc/cap/size div 10)=5 and floor(1.9)=1 and ceiling(1.1)=2', true],
  ["(//label)[1]='Fp1' and not(//@unit) and desc/attribute::x=''", false],
  ["boolean(desc) = true() and number('x') != number('x')", true],
  ["desc/channels/channel/unit != 'microvolts'", false],
  ['channel_count > desc/cap/size or desc/cap/size >= channel_count', true],
  ['descendant::size = 54 and self::node() and /descendant-or-self::info', true]
])('XPath 1.0: %s', (query, expected) => {
  expect(described.matches(query)).toBe(expected)
})

test.each([
  "name='",
  'name=',
  '((name)',
  'name)',
  '@',
  'a b',
  'position(1)',
  'nothing()',
  'x::name',
  'name/1',
  '1/name',
  "'a'|name"
])('what is no query is refused: %s', (query) => {
  expect(() => plain.matches(query)).toThrow(LslQueryError)
})

test('a query that would take for ever, or is nested without end, is refused', () => {
  expect(() => described.matches('//*[//*[//*[//*[//*]]]]')).toThrow('too long')
  expect(() => described.matches(`${'//*/..'.repeat(2000)}`)).toThrow(LslQueryError)
  expect(() =>
    described.matches(`count(${Array(40).fill('//*').join('|')}${"[//*/preceding::*/following::*='x']".repeat(9)})`)
  ).toThrow('too long')
  expect(() => described.matches('('.repeat(100))).toThrow('brackets')
  expect(() => described.matches(`${'-'.repeat(100)}1`)).toThrow('brackets')
  expect(() => described.matches(`name='${'x'.repeat(9000)}'`)).toThrow('longer than')
})

test('any text is answered or refused as a query', () => {
  const pieces = fc.constantFrom(
    ...'name info desc * / // . .. @ [ ] ( ) = != < > + - | or and div not( 1 2.5 \'x\' "y" $ :: , é'.split(' ')
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((list) => list.join(' '))
      ),
      (query) => {
        const answer = answers(described, query)
        expect(answers(described, query)).toBe(answer)
      }
    ),
    { numRuns: 500 }
  )
})
