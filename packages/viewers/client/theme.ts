import { createSignal } from 'solid-js'

const KEY = 'nodeacq.theme'
const preferred = matchMedia('(prefers-color-scheme: dark)')
const [isDark, setDark] = createSignal(wanted())

export { isDark }

/** Goes over to the other theme, and keeps it for the next time. */
export function toggleTheme(): void {
  localStorage.setItem(KEY, isDark() ? 'light' : 'dark')
  follow()
}

/** Shows the theme that was chosen, or that of the system. */
export function follow(): void {
  setDark(wanted())
  document.documentElement.dataset['theme'] = isDark() ? 'dark' : 'light'
}

preferred.addEventListener('change', follow)

function wanted(): boolean {
  const chosen = localStorage.getItem(KEY)
  return chosen === null ? preferred.matches : chosen === 'dark'
}
