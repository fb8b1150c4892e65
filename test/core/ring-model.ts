/** The model of a ring, addon/test/ring_model.h: every order of the steps of two sides that run the protocol's own code. */
import { core } from './core.js';

export const ONE_WAY = 0;
/** B sends back what it has got. */
export const ECHO = 1;
export const BOTH_WAYS = 2;

/** What is done wrong: `RingFault`, in its order. */
const FAULTS = [
  'none',
  'no fence between Written and the look for a sleeper',
  'no fence between Read and the look for a sleeper',
  'no fence between WaitsForData and the second look',
  'no fence between WaitsForRoom and the second look',
  'no second look before sleep',
  'a flag in place of a ticket',
  'a publishing store that may pass the content',
  'a reader that wakes at exactly half free, not from there on',
  'content behind its publication',
  'room given back before the copy',
  'nobody awake who says so',
  'only the reader awake says so',
  'a bell that is cleared last',
  'no bell of its own for what is left',
  'a bell that forgets who does not wait yet',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Scenario {
  traffic: number;
  /** Of each direction, in units of 8 bytes, 2 to 4. */
  capacity: number;
  /** Of the records, in units. */
  sizes: number[];
  /** How many records a side takes in one turn. 0: all there are. */
  budget?: number;
  /** How often a side may look at its ring for other reasons than its bell. */
  interruptions?: number;
}

/** Tries every order. */
export function explore({ traffic, capacity, sizes, budget = 0, interruptions = 0 }: Scenario, fault: Fault = 'none') {
  return core.exploreRing({ traffic, capacity, sizes, budget, interruptions, fault: FAULTS.indexOf(fault) });
}
