/** What the channels of this process tell of their rings, and what a process has of rings. */
import diagnostics from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';

import { eventually } from './deadline.js';

/** Options of Node with which any program says what is told of its rings: see test/programs/ring-news.mjs. */
export const RING_NEWS = ['--import', new URL('../programs/ring-news.mjs', import.meta.url).href];

type Side = 'client' | 'server';
type News = 'open' | 'refused' | 'in vain' | 'one core';

interface Told {
  channel: string;
  address: string;
  reason?: News;
}

/** What channels of each side are called. */
const NAMES = {
  client: (address: string) => `Endpoint "${address}"`,
  server: (address: string) => `Connection of Listener "${address}"`,
};

const heard: { channel: string; address: string; news: News }[] = [];

const subscriptions = {
  'gips:ring.open': (told: unknown) => hear(told as Told, 'open'),
  'gips:ring.refused': (told: unknown) => hear(told as Told, 'refused'),
  'gips:spin.stop': (told: unknown) => hear(told as Told),
};

const waiting = new Set<{ channel: string; call: () => void }>();

function hear({ channel, address, reason }: Told, news = reason!): void {
  heard.push({ channel, address, news });
  for (const each of waiting) if (news === 'open' && each.channel === channel) each.call();
}

beforeAll(() => {
  for (const [name, listener] of Object.entries(subscriptions)) diagnostics.subscribe(name, listener);
});
afterAll(() => {
  for (const [name, listener] of Object.entries(subscriptions)) diagnostics.unsubscribe(name, listener);
});

/** All that the channels of one side of a service have told, in order. */
export function newsOf(side: Side, address: string): News[] {
  return heard.filter((told) => told.address === address && told.channel === NAMES[side](address)).map(({ news }) => news);
}

/** Calls at the moment when the ring of one side of a service opens. */
export function atOpening(side: Side, address: string, call: () => void): void {
  waiting.add({ channel: NAMES[side](address), call });
}

/** Waits until both ends of a connection in this process have a ring, and nothing else to tell. */
export async function opened(address: string): Promise<void> {
  await eventually(() => {
    expect({ client: newsOf('client', address), server: newsOf('server', address) }).toEqual({ client: ['open'], server: ['open'] });
  });
}

/** The sizes of all halves of rings that a process has mapped, its own and its peers'. */
export function ringMappings(pid: number | 'self' = 'self'): number[] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n');
  return lines.flatMap((line) => {
    const [, begin, end] = /^([0-9a-f]+)-([0-9a-f]+) .*\/memfd:gips-ring\b/.exec(line) ?? [];
    return begin === undefined ? [] : [Number.parseInt(end!, 16) - Number.parseInt(begin, 16)];
  });
}
