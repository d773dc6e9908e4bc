import { engineContract } from './engineContract.ts'

engineContract('js')
