import type { ClientMessageType, Role } from './messages.ts'

/** Who may say what. */
export const ROLE_NEEDED: Readonly<Record<ClientMessageType, Role>> = {
  subscribe: 'view',
  unsubscribe: 'view',
  hold: 'view',
  resume: 'view',
  ack: 'view',
  history: 'view',
  setParams: 'control',
  call: 'control'
}

/** Whether somebody of this role may say that. */
export function mayDo(role: Role, message: ClientMessageType): boolean {
  return role === 'control' || ROLE_NEEDED[message] === 'view'
}
