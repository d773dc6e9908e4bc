import { engineContract } from './engineContract.ts'

engineContract('wasm')
