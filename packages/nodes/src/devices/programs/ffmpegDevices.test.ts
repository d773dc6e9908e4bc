import { expect, test } from 'vitest'
import { parseAvfoundation, parseDshow, parseSources } from './ffmpegDevices.ts'

test('lists of PulseAudio and ALSA', () => {
  const text = `Auto-detected sources for pulse:
* null0.monitor [Monitor of Null Output] (none)
  alsa_input.usb-0d8c [USB [x] Microphone (front)] (none)
`
  expect(parseSources(text)).toEqual([
    { name: 'null0.monitor', description: 'Monitor of Null Output', isDefault: true },
    { name: 'alsa_input.usb-0d8c', description: 'USB [x] Microphone (front)', isDefault: false }
  ])
  expect(parseSources('Cannot list sources: Function not implemented\n')).toEqual([])
})

test('the list of macOS', () => {
  const text = `[AVFoundation indev @ 0x7f8] AVFoundation video devices:
[AVFoundation indev @ 0x7f8] [0] FaceTime HD Camera
[AVFoundation indev @ 0x7f8] [1] Capture screen 0
[AVFoundation indev @ 0x7f8] AVFoundation audio devices:
[AVFoundation indev @ 0x7f8] [0] Built-in Microphone
: Input/output error`
  const { video, audio } = parseAvfoundation(text)
  expect(video.map(({ name, description }) => [name, description])).toEqual([
    ['0', 'FaceTime HD Camera'],
    ['1', 'Capture screen 0']
  ])
  expect(audio).toEqual([{ name: '0', description: 'Built-in Microphone', isDefault: true }])
})

test('the list of Windows, of new and of old versions', () => {
  const newer = `[dshow @ 000001] "USB Camera" (video)
[dshow @ 000001]   Alternative name "@device_pnp_\\\\?\\usb#vid_046d"
[dshow @ 000001] "Capture Card" (audio, video)
[dshow @ 000001] "Microphone (USB Audio)" (audio)`
  const older = `[dshow @ 02597f60] DirectShow video devices (some may be both video and audio devices)
[dshow @ 02597f60]  "USB Camera"
[dshow @ 02597f60]     Alternative name "@device_pnp_x"
[dshow @ 02597f60] DirectShow audio devices
[dshow @ 02597f60]  "Microphone (USB Audio)"`
  const names = ({ video, audio }: ReturnType<typeof parseDshow>) =>
    [video, audio].map((list) => list.map(({ name }) => name))
  expect(names(parseDshow(newer))).toEqual([
    ['USB Camera', 'Capture Card'],
    ['Capture Card', 'Microphone (USB Audio)']
  ])
  expect(names(parseDshow(older))).toEqual([['USB Camera'], ['Microphone (USB Audio)']])
})
