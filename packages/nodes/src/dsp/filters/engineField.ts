import { z } from 'zod'

/** The option `engine` of nodes that compute. */
export const engineField = {
  engine: z
    .string()
    .nullish()
    .describe("what computes: 'auto' (default), 'wasm', 'js', or one that was registered; pyacq's names mean 'auto'")
}
