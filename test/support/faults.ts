/** Programs whose system calls fail as told: see test/programs/faults.cc. */
import { fileURLToPath } from 'node:url';

import { type Program, start, type StartOptions } from './processes.js';

const library = fileURLToPath(new URL('../../build/Release/faults.so', import.meta.url));

/**
 * Starts test/programs/`name`.mjs so that it can have its system calls fail: from the moment it sets `process.env.FAULTS`.
 * What is preloaded already stays first, as the sanitizers demand.
 */
export function startFaulty(name: string, options: StartOptions = {}): Program {
  const preloaded = [process.env.LD_PRELOAD, library].filter((file) => file !== undefined && file !== '');
  return start(name, { ...options, env: { ...options.env, LD_PRELOAD: preloaded.join(':') } });
}
