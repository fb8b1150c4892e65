/**
 * The sandbox our tests run in: Node's, with the symbols that jest 29's does not know, and with a look around afterwards. A suite that leaves
 * a descriptor, a process, a socket or a file behind fails with the list of them.
 */
import { watch } from 'node:fs';
import { TestEnvironment } from 'jest-environment-node';
import { takeInventory, waitForLeftovers } from './leaks.mjs';

// The pipe through which libuv hears of signals and dead children stays open from its first use on: not a leak of whichever suite is first.
const ignore = () => {};
process.on('SIGWINCH', ignore).off('SIGWINCH', ignore);
// So does the descriptor by which it hears of files.
watch('/', { persistent: false }).close();

export default class ProjectEnvironment extends TestEnvironment {
  /** @type {import('./leaks.mjs').Inventory} */
  #before = [];

  async setup() {
    await super.setup();
    for (const name of /** @type {const} */ (['dispose', 'asyncDispose'])) {
      const value = Symbol[name];
      Object.defineProperty(this.global.Symbol, name, { value });
    }
    this.#before = takeInventory();
  }

  /** @type {import('@jest/environment').JestEnvironment['handleTestEvent']} */
  async handleTestEvent(event, state) {
    if (event.name !== 'run_finish') return;
    const leftovers = await waitForLeftovers(this.#before);
    if (leftovers.length === 0) return;
    const error = new Error(`this suite left behind:\n  ${leftovers.join('\n  ')}`);
    error.stack = error.message;
    state.unhandledErrors.push(error);
  }
}
