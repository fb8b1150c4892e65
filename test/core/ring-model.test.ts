/** The ring's protocol in every order of its steps: docs/ring.md. */
import { BOTH_WAYS, ECHO, explore, type Fault, ONE_WAY, type Scenario } from './ring-model.js';

const sound: [string, Scenario][] = [
  ['two units', { traffic: ONE_WAY, capacity: 2, sizes: [1, 1, 1, 1, 1] }],
  ['three units', { traffic: ONE_WAY, capacity: 3, sizes: [1, 1, 1, 1, 1] }],
  ['four units and small records', { traffic: ONE_WAY, capacity: 4, sizes: [1, 1, 1, 1, 1, 1] }],
  ['records of half a ring', { traffic: ONE_WAY, capacity: 4, sizes: [2, 2, 2, 2] }],
  ['records of many sizes', { traffic: ONE_WAY, capacity: 4, sizes: [2, 1, 2, 1, 2] }],
  ['a reader with a budget', { traffic: ONE_WAY, capacity: 2, sizes: [1, 1, 1, 1, 1], budget: 1 }],
  ['a reader with a budget, and records of many sizes', { traffic: ONE_WAY, capacity: 4, sizes: [1, 2, 2, 1, 2], budget: 2 }],
  ['sides that are interrupted', { traffic: ONE_WAY, capacity: 2, sizes: [1, 1, 1, 1], interruptions: 1 }],
  ['sides that are interrupted twice', { traffic: ONE_WAY, capacity: 4, sizes: [2, 1, 2], interruptions: 2 }],
  ['an echo', { traffic: ECHO, capacity: 2, sizes: [1, 1, 1] }],
  ['an echo with a budget', { traffic: ECHO, capacity: 2, sizes: [1, 1, 1], budget: 1 }],
  ['an echo of many sizes', { traffic: ECHO, capacity: 4, sizes: [2, 1, 2] }],
  ['an echo that is interrupted', { traffic: ECHO, capacity: 2, sizes: [1, 1], interruptions: 2 }],
  ['both ways at once', { traffic: BOTH_WAYS, capacity: 2, sizes: [1, 1, 1] }],
  ['both ways at once, with a budget and interruptions', { traffic: BOTH_WAYS, capacity: 2, sizes: [1, 1], budget: 1, interruptions: 1 }],
  ['records over half a ring, which only cost more wake-ups', { traffic: ONE_WAY, capacity: 4, sizes: [3, 4, 1, 3] }],
];

test.each(sound)('%s: everything arrives, whoever is faster', (_, scenario) => {
  const { states, steps, ...outcome } = explore(scenario);
  expect(outcome).toEqual({ failure: '', schedule: [] });
  expect(states).toBeGreaterThan(1_000);
  expect(steps).toBeGreaterThan(states);
});

const small = { traffic: ONE_WAY, capacity: 2, sizes: [1, 1, 1, 1] };
const LOST = 'a wake-up is lost';
const UNWRITTEN = 'a record is read before it is written';
const OVERWRITTEN = 'a record is overwritten before it is read';

const unsound: [Fault, string, Scenario][] = [
  ['no fence between Written and the look for a sleeper', LOST, small],
  ['no fence between Read and the look for a sleeper', LOST, small],
  ['no fence between WaitsForData and the second look', LOST, small],
  ['no fence between WaitsForRoom and the second look', LOST, small],
  ['no second look before sleep', LOST, small],
  ['a flag in place of a ticket', LOST, small],
  ['a publishing store that may pass the content', UNWRITTEN, small],
  ['a reader that wakes at exactly half free, not from there on', LOST, { ...small, capacity: 4, sizes: [2, 1, 2, 1] }],
  ['content behind its publication', UNWRITTEN, small],
  ['room given back before the copy', OVERWRITTEN, small],
  ['nobody awake who says so', LOST, small],
  ['only the reader awake says so', LOST, small],
  ['a bell that is cleared last', LOST, small],
  ['no bell of its own for what is left', LOST, { ...small, budget: 1 }],
  ['a bell that forgets who does not wait yet', LOST, small],
];

test.each(unsound)('%s is noticed: %s', (fault, failure, scenario) => {
  const found = explore(scenario, fault);
  expect(found.failure).toBe(failure);
  expect(found.schedule.length).toBeGreaterThan(0);
});

test('a failure is told with the steps that lead to it', () => {
  const { schedule } = explore({ traffic: ONE_WAY, capacity: 2, sizes: [1, 1] }, 'content behind its publication');
  expect(schedule).toContain('Written of A becomes 8');
  expect(schedule.at(-1)).toMatch(/^B sees unit \d of A: 0$/);
});
