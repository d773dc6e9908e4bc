import { nearestNames } from '@nodeacq/stream'

/** The name that somebody who typed `wrong` most likely meant; undefined when none is similar. */
export function nearest(wrong: string, names: Iterable<string>): string | undefined {
  return nearestNames(wrong, names)[0]
}
