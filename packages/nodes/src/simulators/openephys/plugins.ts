import { encodeBroadcast } from '../../devices/openephys/eventBroadcaster.ts'
import { encodeFalcon } from '../../devices/openephys/falcon.ts'
import {
  encodeMessage,
  encodeTtl,
  EVENT_TYPES,
  type ZmqInterfaceMessage
} from '../../devices/openephys/zmqInterface.ts'
import type { AcquisitionEvents } from './Acquisition.ts'

export type SendMessage = (frames: readonly Uint8Array[]) => void

/** What a message lacks before it is sent. */
type Unsent<T> = T extends unknown ? Omit<T, 'messageNumber' | 'time'> : never

const SOURCE_NODE = 100
const SPIKE_NODE = 104

/** The plugin ZMQ Interface: messages are numbered from 1 in each acquisition. */
export function publishMessages(send: SendMessage): AcquisitionEvents {
  let messageNumber = 0
  const publish = (message: Unsent<ZmqInterfaceMessage>): void => {
    messageNumber += 1
    send(encodeMessage({ ...message, messageNumber, time: Date.now() }))
  }
  return {
    started: () => (messageNumber = 0),
    block: ({ stream: { name: stream, sampleRate, channelCount }, sampleNumber, count, samples }) => {
      for (let channel = 0; channel < channelCount; channel++) {
        const channelName = `CH${channel + 1}`
        const own = samples.subarray(channel * count, (channel + 1) * count)
        publish({ kind: 'data', stream, channel, channelName, sampleNumber, sampleRate, samples: own })
      }
    },
    ttl: ({ stream: { name: stream }, sampleNumber, line, state, word }) => {
      const payload = encodeTtl(line, state, BigInt(word))
      publish({
        kind: 'event',
        stream,
        sourceNode: SOURCE_NODE,
        type: EVENT_TYPES.indexOf('TTL'),
        sampleNumber,
        payload
      })
    },
    spike: ({ stream: { name: stream }, sampleNumber, electrode, sortedId, waveform }) => {
      const of = { stream, sourceNode: SPIKE_NODE, electrode, sampleNumber, sortedId }
      publish({ kind: 'spike', ...of, channelCount: 1, thresholds: [-50], waveform })
    }
  }
}

/** The plugin Falcon Output: messages are numbered from 1 as long as it is there. */
export function publishFalcon(send: SendMessage): AcquisitionEvents {
  let messageId = 0
  let first: string | undefined
  return {
    started: () => {},
    block: ({ stream: { name: stream, sampleRate, channelCount }, sampleNumber, count, samples, words }) => {
      first ??= stream
      if (stream !== first) return
      messageId += 1
      const time = performance.now() / 1000
      const of = { stream, channelCount, sampleCount: count, sampleNumber, time, messageId, sampleRate }
      send([encodeFalcon({ ...of, samples, eventCodes: words })])
    },
    ttl: () => {},
    spike: () => {}
  }
}

/** The plugin Event Broadcaster, in its mode JSON. */
export function broadcastEvents(send: SendMessage): AcquisitionEvents {
  return {
    started: () => {},
    block: () => {},
    ttl: ({ stream: { name: stream, sampleRate }, sampleNumber, line, state }) => {
      const of = { stream, sourceNode: SOURCE_NODE, sampleRate, sampleNumber }
      send(encodeBroadcast({ kind: 'ttl', ...of, channelName: 'TTL', line, state }))
    },
    spike: ({ stream: { name: stream, sampleRate }, sampleNumber, electrode, sortedId, waveform }) => {
      const of = { stream, sourceNode: SPIKE_NODE, sampleRate, sampleNumber }
      // The plugin gives the depth of a trough as a positive number.
      const amplitudes = [-Math.min(...waveform)]
      send(encodeBroadcast({ kind: 'spike', ...of, electrode, sortedId, amplitudes }))
    }
  }
}
