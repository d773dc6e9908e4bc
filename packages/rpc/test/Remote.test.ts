import type { NdArray } from '@nodeacq/ndarray'
import { expectTypeOf, test } from 'vitest'
import type { Remote } from '../src/index.ts'

class Stream {
  get '~proxied'(): true {
    return true
  }
  index = 0
  params: { sample_rate: number; names: string[] } = { sample_rate: 1, names: [] }
  configure(_options: { rate?: number; data?: NdArray }): Promise<void> {
    return Promise.resolve()
  }
  data(): NdArray | null {
    return null
  }
}

class Node {
  get '~proxied'(): true {
    return true
  }
  readonly state: 'created' | 'running' = 'created'
  readonly output: Stream = new Stream()
  readonly outputs: Record<string, Stream> = {}
  readonly later: Promise<Stream> = Promise.resolve(new Stream())
  protected hidden = 1
  _internal(): void {}
  connect(_stream: Stream): Promise<void> {
    return Promise.resolve()
  }
  onData(_callback: (x: number) => void): () => void {
    return () => undefined
  }
  streams(): Stream[] {
    return []
  }
  rate(): number {
    return 1
  }
}

declare const node: Remote<Node>

test('types: methods give promises, properties are awaited', () => {
  expectTypeOf<ReturnType<typeof node.rate>>().toEqualTypeOf<Promise<number>>()
  expectTypeOf<Awaited<typeof node.state>>().toEqualTypeOf<'created' | 'running'>()
  expectTypeOf<Awaited<typeof node.output.index>>().toEqualTypeOf<number>()
  expectTypeOf<Awaited<typeof node.output.params>>().toEqualTypeOf<{ sample_rate: number; names: string[] }>()
  expectTypeOf<Awaited<typeof node.output.params.sample_rate>>().toEqualTypeOf<number>()
})

test('types: branded objects come as proxies, alone, in lists and out of promises', () => {
  expectTypeOf<Awaited<typeof node.output>>().toEqualTypeOf<Remote<Stream>>()
  expectTypeOf<Awaited<typeof node.later>>().toEqualTypeOf<Remote<Stream>>()
  expectTypeOf<Awaited<ReturnType<typeof node.streams>>>().toEqualTypeOf<Remote<Stream>[]>()
  expectTypeOf<Awaited<ReturnType<typeof node.output.data>>>().toEqualTypeOf<NdArray | null>()
  expectTypeOf<Awaited<Remote<Node>>>().toEqualTypeOf<Remote<Node>>()
  expectTypeOf<Awaited<typeof node.outputs>>().toEqualTypeOf<Record<string, Remote<Stream>>>()
})

test('types: arguments are values, proxies, and paths on proxies', () => {
  const uses = () => {
    void node.connect(new Stream())
    void node.connect(node.output)
    void node.output.configure({ rate: 5 })
    // @ts-expect-error -- a wrong argument
    void node.output.configure({ rate: 'fast' })
    // @ts-expect-error -- a missing argument
    void node.connect()
    // @ts-expect-error -- a property has no value before it is awaited
    void (node.state === 'created')
    // @ts-expect-error -- nor can it be set
    node.output.index = 5
    // @ts-expect-error -- names beginning with _ are not reachable
    void node._internal
    // @ts-expect-error -- protected ones neither
    void node.hidden
    // @ts-expect-error -- nor what does not exist
    void node.unknown
  }
  expectTypeOf(uses).toBeFunction()
  expectTypeOf<Remote<Node>>().toExtend<AsyncDisposable>()
})

test('types: classes and functions can be called', () => {
  type Module = { Node: typeof Node; double: (x: number) => number; version: string }
  expectTypeOf<ReturnType<Remote<Module>['Node']>>().toEqualTypeOf<Promise<Remote<Node>>>()
  expectTypeOf<ReturnType<Remote<Module>['double']>>().toEqualTypeOf<Promise<number>>()
  expectTypeOf<Awaited<Remote<Module>['version']>>().toEqualTypeOf<string>()
  expectTypeOf<ReturnType<Remote<() => Stream>>>().toEqualTypeOf<Promise<Remote<Stream>>>()
})
