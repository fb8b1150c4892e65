/** What a listener tells whoever inspects its service: its statistics and those of its connections, in one small message. */
import type { Histogram } from 'node:perf_hooks';
import type { Credentials } from './credentials.js';
import type { Session } from './session.js';
import type { ChannelStats, Counts, Depths, ListenerStats } from './stats.js';

/** More connections are counted, and not listed: the message stays small. */
const MAX_LISTED = 100;

/** Times in microseconds. */
export interface Latency {
  readonly count: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface ConnectionStatistics extends Counts, Depths {
  readonly pid: number;
  readonly uid: string;
  /** Of the requests that the service has asked this client. */
  readonly requestLatency: Latency | null;
}

export interface Statistics {
  readonly pid: number;
  readonly listener: Omit<ListenerStats, 'handlingTime'> & { readonly handlingTime: Latency | null };
  /** The first ones to come of those that are open. */
  readonly connections: readonly ConnectionStatistics[];
}

export interface Inspected {
  readonly stats: ListenerStats;
  readonly sessions: Iterable<Session>;
}

/** Statistics tell about other clients: they are for the user the service runs as, and for privileged ones. */
export function mayInspect(inspector: Credentials, own: Credentials): boolean {
  return inspector.uid === own.uid || inspector.isPrivileged;
}

export function statisticsOf({ stats, sessions }: Inspected): Statistics {
  const connections: ConnectionStatistics[] = [];
  for (const session of sessions) {
    if (connections.length === MAX_LISTED) break;
    if (!session.isOver) connections.push(ofConnection(session.credentials, session.stats));
  }
  return { pid: process.pid, listener: { ...stats, handlingTime: latencyOf(stats.handlingTime) }, connections };
}

function ofConnection({ pid, uid }: Credentials, stats: ChannelStats): ConnectionStatistics {
  return { pid, uid, ...stats, requestLatency: latencyOf(stats.requestLatency) };
}

function latencyOf(histogram: Histogram | undefined): Latency | null {
  if (histogram === undefined) return null;
  const micros = (ns: number): number => Math.round(ns / 100) / 10;
  const at = (percentile: number): number => micros(histogram.percentile(percentile));
  return { count: histogram.count, min: micros(histogram.min), p50: at(50), p90: at(90), p99: at(99), max: micros(histogram.max) };
}
