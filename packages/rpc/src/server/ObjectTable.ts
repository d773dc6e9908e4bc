import { RequestError } from '../errors.ts'

/** One proxy that was sent out, and who holds it. */
interface Reference {
  readonly id: number
  readonly entry: Entry
  readonly holders: Set<Holder>
}

interface Entry {
  readonly id: number
  readonly object: unknown
  readonly references: Map<number, Reference>
}

/** A peer, as far as the objects it holds are concerned. */
export class Holder {
  readonly references = new Set<Reference>()
  /** One reference per object is enough for this holder: objects sent to a server as arguments. */
  readonly sharesReferences: boolean

  constructor({ sharesReferences = false } = {}) {
    this.sharesReferences = sharesReferences
  }
}

/**
 * The objects that peers refer to. An object gets an `objId` with its first reference and keeps it while there is
 * one; each proxy sent out is a `refId` of its own. Neither is ever used again.
 *
 * A reference is held by the peer it was sent to and by every peer that used it since (a proxy may be handed on); it
 * ends when all of them deleted it or went away, the object's entry with its last reference.
 */
export class ObjectTable {
  readonly #byId = new Map<number, Entry>()
  readonly #byObject = new Map<unknown, Entry>()
  #nextObject = 0
  #nextReference = 0

  /** Number of objects that peers refer to. */
  get size(): number {
    return this.#byId.size
  }

  /** A new reference to an object. */
  add(object: unknown, holder: Holder): { objId: number; refId: number } {
    let entry = this.#byObject.get(object)
    if (entry === undefined) {
      entry = { id: this.#nextObject++, object, references: new Map() }
      this.#byId.set(entry.id, entry)
      if ((typeof object === 'object' && object !== null) || typeof object === 'function')
        this.#byObject.set(object, entry)
    } else if (holder.sharesReferences) {
      for (const { id, holders } of entry.references.values())
        if (holders.has(holder)) return { objId: entry.id, refId: id }
    }
    const reference: Reference = { id: this.#nextReference++, entry, holders: new Set([holder]) }
    entry.references.set(reference.id, reference)
    holder.references.add(reference)
    return { objId: entry.id, refId: reference.id }
  }

  /** The object of a proxy that `holder` uses (undefined: this process itself). @throws {RequestError} KeyError when it was released. */
  get(objId: number, refId: number, holder: Holder | undefined): unknown {
    const entry = this.#byId.get(objId)
    if (entry === undefined)
      throw new RequestError(
        'KeyError',
        `"Invalid proxy object ID ${objId}. The object may have been released already."`
      )
    const reference = entry.references.get(refId)
    if (reference !== undefined && holder !== undefined && !reference.holders.has(holder)) {
      reference.holders.add(holder)
      holder.references.add(reference)
    }
    return entry.object
  }

  /** Ends a reference of `holder`; one that holds nothing ends it for all. @throws {RequestError} KeyError */
  delete(objId: unknown, refId: unknown, holder: Holder): void {
    const reference = this.#byId.get(objId as number)?.references.get(refId as number)
    if (reference === undefined)
      throw new RequestError('KeyError', `${JSON.stringify(objId)}, ${JSON.stringify(refId)}`)
    if (!reference.holders.delete(holder)) {
      for (const other of reference.holders) other.references.delete(reference)
      reference.holders.clear()
    }
    holder.references.delete(reference)
    this.#endUnheld(reference)
  }

  /** Ends all references of a peer that is gone. Returns their number. */
  release(holder: Holder): number {
    const held = [...holder.references]
    holder.references.clear()
    for (const reference of held) {
      reference.holders.delete(holder)
      this.#endUnheld(reference)
    }
    return held.length
  }

  #endUnheld({ id, entry, holders }: Reference): void {
    if (holders.size > 0) return
    entry.references.delete(id)
    if (entry.references.size > 0) return
    this.#byId.delete(entry.id)
    this.#byObject.delete(entry.object)
  }
}
