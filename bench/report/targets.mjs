/** The numbers to reach (the project's architecture notes), each with the rows and peers that decide it. Ratios are of values measured in the same round. */
import { median, pairedRatios } from '../run/statistics.mjs';

/**
 * `most`: gips / peer at most; `least`: peer / gips at least; `value`: gips' own value at most.
 * @typedef {{ peer?: string, most?: number, least?: number, value?: number }} Goal
 * @typedef {{ what: string, row: string, entries: string[], goals: Goal[] }} Target
 */

const RECEIVING = ['gips (await recv)', 'gips (for await)'];

/** @type {Target[]} */
export const targets = [
  {
    what: 'round trip 64 B, callback',
    row: 'round-trip/64',
    entries: ['gips'],
    goals: [
      { peer: 'C', most: 2.2 },
      { peer: 'net', most: 0.8 },
    ],
  },
  {
    what: 'round trip 64 B, `await recv` / `for await`',
    row: 'round-trip/64',
    entries: RECEIVING,
    goals: [
      { peer: 'C', most: 2.5 },
      { peer: 'net', most: 0.9 },
    ],
  },
  { what: 'round trip 4 KiB, `await recv`', row: 'round-trip/4096', entries: ['gips (await recv)'], goals: [{ peer: 'net', most: 0.7 }] },
  {
    what: 'one way 64 B, many per turn',
    row: 'one-way/64',
    entries: ['gips'],
    goals: [
      { peer: 'net', least: 8 },
      { peer: 'net+', least: 1.2 },
      { peer: 'C', least: 5 },
    ],
  },
  { what: 'one way 64 B, read with `for await`', row: 'one-way/64', entries: ['gips (for await)'], goals: [{ peer: 'net', least: 5 }] },
  {
    what: 'one way 1 KiB',
    row: 'one-way/1024',
    entries: ['gips'],
    goals: [
      { peer: 'net', least: 5 },
      { peer: 'net+', least: 1.6 },
    ],
  },
  { what: 'one way 64 KiB', row: 'one-way/65536', entries: ['gips'], goals: [{ peer: 'net', least: 1.8 }] },
  {
    what: '64 requests in flight',
    row: 'in-flight/64',
    entries: ['gips', 'gips (request)'],
    goals: [
      { peer: 'net', least: 4 },
      { peer: 'net+', least: 1.6 },
    ],
  },
  {
    what: 'ring, one way 64 B',
    row: 'one-way/64',
    entries: ['gips ring'],
    goals: [{ peer: 'net', least: 9 }, { value: 0.125 }],
  },
  { what: 'ring, round trip 64 B, bell, one core', row: 'round-trip/64', entries: ['gips ring'], goals: [{ peer: 'C', most: 1.7 }] },
  {
    what: 'ring, round trip 64 B, spinning, two cores',
    row: 'spinning/64',
    entries: ['gips spinning'],
    goals: [{ peer: 'C ring', most: 2.5 }],
  },
  { what: 'a 64 MiB payload', row: 'payload/64MiB', entries: ['gips'], goals: [{ peer: 'net', least: 2.5 }] },
  { what: 'a 64 MiB region passed as `Shm`', row: 'payload/64MiB', entries: ['gips (region)'], goals: [{ peer: 'net', least: 8 }] },
  { what: 'memory per connection', row: 'memory', entries: ['gips'], goals: [{ value: 8192 }] },
  { what: 'memory after many messages, above bare Node', row: 'rss', entries: ['gips'], goals: [{ value: 15 }] },
  { what: 'one flooding client of 100: the others’ latency', row: 'fairness', entries: ['gips'], goals: [{ value: 3 }] },
];

/**
 * @param {import('../types.js').Run} run @param {Target} target
 * @returns {{ entry: string, goal: Goal, measured: number, isReached: boolean }[]} a line per entry and goal; `measured` is NaN where something is missing
 */
export function judge(run, { row: id, entries, goals }) {
  const row = run.rows.find((candidate) => candidate.id === id);
  /** @param {string} name */
  const samples = (name) => row?.entries.find((entry) => entry.name === name)?.samples ?? [];
  return entries.flatMap((entry) =>
    goals.map((goal) => {
      const ours = samples(entry);
      if (goal.peer === undefined) return verdict(entry, goal, median(ours));
      const theirs = samples(goal.peer);
      return verdict(entry, goal, median(goal.least === undefined ? pairedRatios(ours, theirs) : pairedRatios(theirs, ours)));
    }),
  );
}

/** @param {string} entry @param {Goal} goal @param {number} measured */
function verdict(entry, goal, measured) {
  const isReached = goal.least === undefined ? measured <= (goal.most ?? goal.value ?? 0) : measured >= goal.least;
  return { entry, goal, measured, isReached };
}
