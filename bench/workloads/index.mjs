/** Everything that is measured, in the order of the tables. */
import { connections } from './connections.mjs';
import { fairness } from './fairness.mjs';
import { inFlight } from './in-flight.mjs';
import { memory } from './memory.mjs';
import { oneWay } from './one-way.mjs';
import { payload } from './payload.mjs';
import { roundTrip, spinningRoundTrip } from './round-trip.mjs';
import { rss } from './rss.mjs';
import { systemCalls } from './system-calls.mjs';

export const workloads = [roundTrip, spinningRoundTrip, oneWay, inFlight, payload, connections, memory, rss, fairness, systemCalls];

/** @param {string} name */
export function workload(name) {
  const found = workloads.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no workload is called ${name}`);
  return found;
}
