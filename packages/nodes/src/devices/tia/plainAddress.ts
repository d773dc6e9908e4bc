/** The address of a peer; one of IPv4 that came over a socket for both kinds, as itself. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/, '')
}
