import { nextTurn } from '../delivery/turn.ts'
import type { Bell } from '../shm/bell.ts'
import type { Subscription } from './Subscription.ts'
import { Inbox } from './Inbox.ts'
import type { RingFeed } from './RingFeed.ts'

/** What there is to read for an input: what has arrived in messages, or what lies in a shared ring. */
export class Supply {
  readonly inbox = new Inbox()
  /** Rung by the writer of the ring. */
  bell: Bell | undefined
  subscription: Subscription | undefined
  #feed: RingFeed | undefined
  /** What is done when all is read. */
  readonly #successors: (() => void)[] = []

  /** The shared ring that chunks come from; undefined where they come as messages. */
  get feed(): RingFeed | undefined {
    return this.#feed
  }

  set feed(feed: RingFeed | undefined) {
    this.#feed?.close()
    this.#feed = feed
    if (this.#successors.length > 0) feed?.finish()
  }

  /** Whether something waits to be read. */
  get hasMore(): boolean {
    return this.#feed === undefined ? this.inbox.length > 0 : this.#feed.hasMore
  }

  /** The source carries something else from now on; `adopt` is called when what it has sent before is read. */
  succeed(adopt: () => void): void {
    this.#feed?.finish()
    this.#successors.push(adopt)
    if (!this.hasMore) this.comeUp()
    this.inbox.wake()
  }

  /** Goes on with what comes next. False when nothing does. */
  comeUp(): boolean {
    const adopt = this.#successors.shift()
    adopt?.()
    return adopt !== undefined
  }

  /** Resolves when there may be more to read or to know, with false when `timeout` ms have passed before. */
  async wait(timeout?: number): Promise<boolean> {
    if (this.#feed?.sleep() === false) return true
    const isWoken = await this.inbox.wait(timeout)
    this.#feed?.awake()
    return isWoken
  }

  /** Lets the data socket be read on. */
  read(): void {
    this.subscription?.read()
  }

  /** What zeromq holds comes within a turn of the event loop; the socket may need one to be looked at. */
  async letIn(): Promise<void> {
    this.read()
    await nextTurn()
    await nextTurn()
  }

  /** Throws away the chunks that have arrived; `onChunk` is told how large each was. */
  passOver(onChunk: (bytes: number) => void): void {
    for (let item = this.inbox.shift(); item; item = this.inbox.shift()) if (item.kind === 'chunk') onChunk(item.bytes)
  }

  /** Nothing is read any more. */
  close(): void {
    this.feed = undefined
    this.bell?.close()
    this.subscription?.close()
  }
}
