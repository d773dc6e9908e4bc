import { createSignal, For, Match, onCleanup, Show, Switch } from 'solid-js'
import { render } from 'solid-js/web'
import type { Role, ViewerInfo } from '../src/protocol/messages.ts'
import { Connection, socketUrl, type ConnectionState } from './Connection.ts'
import { Scope } from './scope/Scope.tsx'
import { Spectrum } from './spectrum/Spectrum.tsx'
import { follow, isDark, toggleTheme } from './theme.ts'
import './theme.css'

/** Every page: the list of viewers above, and the one that the address names below. */
function Page() {
  const [viewers, setViewers] = createSignal<readonly ViewerInfo[]>([])
  const [role, setRole] = createSignal<Role>('view')
  const [state, setState] = createSignal<ConnectionState>('connecting')
  const named = decodeURIComponent(/^\/v\/(?<name>[^/]+)/.exec(location.pathname)?.groups?.['name'] ?? '')
  const connection = new Connection(socketUrl(location), {
    heard: (message) => {
      if (message.type !== 'hello') return
      setViewers(message.viewers)
      setRole(message.role)
    },
    changed: setState
  })
  onCleanup(() => connection.close())
  const shown = () => {
    const list = viewers()
    return list.find(({ node }) => node === named) ?? (named === '' && list.length === 1 ? list[0] : undefined)
  }
  return (
    <div class="page">
      <header>
        <h1>nodeacq</h1>
        <nav aria-label="Viewers">
          <For each={viewers()}>
            {({ node }) => (
              <a href={`/v/${encodeURIComponent(node)}`} aria-current={shown()?.node === node ? 'page' : undefined}>
                {node}
              </a>
            )}
          </For>
        </nav>
        <button type="button" aria-label="Theme" onClick={toggleTheme}>
          {isDark() ? 'Light' : 'Dark'}
        </button>
      </header>
      <Show
        when={shown()?.node}
        keyed
        fallback={
          <p class="list" role="status">
            {state() === 'open' && viewers().length > 0 ? 'Choose a viewer above.' : 'Waiting for viewers …'}
          </p>
        }
      >
        {(node) => (
          <Switch fallback={<p class="list">This page does not know how to show {node}.</p>}>
            <Match when={shown()?.kind === 'oscilloscope'}>
              <Scope node={node} role={role()} />
            </Match>
            <Match when={shown()?.kind === 'spectrum'}>
              <Spectrum node={node} />
            </Match>
          </Switch>
        )}
      </Show>
    </div>
  )
}

follow()
render(() => <Page />, document.getElementById('page')!)
