import { json } from './json.ts'
import { msgpack } from './msgpack.ts'
import type { Serializer } from './Serializer.ts'

const serializers = new Map<string, Serializer>([msgpack, json].map((serializer) => [serializer.name, serializer]))

/** Makes a serializer available to clients and servers of this process, under its name. */
export function registerSerializer(serializer: Serializer): void {
  serializers.set(serializer.name, serializer)
}

/** The serializer of that name, or undefined. */
export function serializerNamed(name: string): Serializer | undefined {
  return serializers.get(name)
}

/** Names of all registered serializers. */
export function serializerNames(): string[] {
  return [...serializers.keys()]
}

/** The serializer that wrote a server's message; `preferred` is asked first. */
export function serializerOf(message: Uint8Array, preferred: Serializer): Serializer {
  if (preferred.recognizes(message)) return preferred
  for (const serializer of serializers.values()) if (serializer.recognizes(message)) return serializer
  return preferred
}
