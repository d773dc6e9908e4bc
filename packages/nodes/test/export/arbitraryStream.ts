import fc from 'fast-check'
import type { MemoryStream } from './memoryRecording.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const segments = (width: number, limit: number, isWhole: boolean) =>
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 60 })), { minLength: 1, maxLength: 4 })
    .chain((lengths) =>
      fc.tuple(
        ...lengths.map(([gap, rows]) =>
          fc
            .array(
              isWhole ? fc.integer({ min: -limit, max: limit }) : fc.double({ min: -limit, max: limit, noNaN: false }),
              {
                minLength: rows * width,
                maxLength: rows * width
              }
            )
            .map((values) => ({ gap, values }))
        )
      )
    )
    .map((parts) => {
      let next = 0
      return parts.map(({ gap, values }) => {
        const index = next + gap
        next = index + values.length / width
        return { index, values }
      })
    })

/** Random numbers of any type, in stretches with gaps between them, with names of any characters. */
export const arbitraryStream = (name: string): fc.Arbitrary<MemoryStream> =>
  fc
    .record({
      dtype: fc.constantFrom('int16', 'uint8', 'uint16', 'int32', 'float32', 'float64'),
      width: fc.integer({ min: 1, max: 3 }),
      sampleRate: fc.constantFrom(10, 1000, 30_000, 33.3),
      gain: fc.constantFrom(1, 0.195, -0.5),
      offset: fc.constantFrom(0, 0, 7),
      unit: fc.constantFrom('uV', 'V', 'µV', 'mV', 'degC'),
      title: text
    })
    .chain(({ dtype, width, gain, offset, unit, title, sampleRate }) => {
      const limit = { int16: 32_767, uint8: 255, uint16: 65_535, int32: 2 ** 31 - 1 }[dtype as string] ?? 1e6
      return segments(width, limit, !dtype.startsWith('float')).map((parts) => ({
        name: `${name}${title}`,
        dtype,
        sampleRate,
        channels: Array.from({ length: width }, (_, k) => ({ name: `${title}${k}`, unit, gain, offset })),
        segments: dtype.startsWith('u')
          ? parts.map(({ index, values }) => ({ index, values: values.map(Math.abs) }))
          : parts
      }))
    })
