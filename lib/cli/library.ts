/** What a service says of itself when it is inspected. */
import type { Latency, Statistics } from '../ipc/statistics.js';
import { codeOf, table } from './output.js';

/** A service that is too busy to answer, or blocked, is not waited for. */
const TIMEOUT = 500;

export interface Library {
  /** `null` if it says nothing. */
  readonly statistics: Statistics | null;
  /** Then this is why. */
  readonly silence: string | null;
}

/** Asks the service at most for half a second. */
export async function askLibrary(name: string): Promise<Library> {
  const { inspectService } = await import('../ipc/inspection.js');
  const { Policy } = await import('../ipc/index.js');
  try {
    // Whoever answers is told nothing, and need not be trusted.
    return { statistics: await inspectService(name, { serverPolicy: new Policy(), timeout: TIMEOUT }), silence: null };
  } catch (error) {
    return { statistics: null, silence: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'EACCES':
      return "its policy does not admit this user, or this is neither the service's user nor a privileged one";
    case 'ETIMEDOUT':
      return 'it does not answer: it is busy or blocked, is no service of gips, or takes raw messages only';
    case 'ERR_GIPS_UNSUPPORTED':
      return 'it uses another version of gips';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** @param seconds since the sample before, if there was one */
export function describeLibrary({ statistics, silence }: Library, before: Library | undefined, seconds: number): string {
  if (statistics === null) return `statistics   none: ${silence ?? '?'}\n`;
  const { listener, connections } = statistics;
  const earlier = before?.statistics?.listener;
  const rate = (what: 'messagesReceived' | 'messagesSent'): string =>
    earlier === undefined || seconds <= 0 ? '' : ` (${Math.round((listener[what] - earlier[what]) / seconds)} a second)`;
  const lines = [
    `clients      ${listener.connections} now, ${listener.accepted} accepted, ${listener.rejected} rejected`,
    `received     ${listener.messagesReceived} messages${rate('messagesReceived')}, ${bytes(listener.bytesReceived)}, ${listener.messagesWaiting} waiting`,
    `sent         ${listener.messagesSent} messages${rate('messagesSent')}, ${bytes(listener.bytesSent)}, ${bytes(listener.bytesQueued)} queued`,
    `requests     ${listener.requestsReceived} received; ${listener.requestsSent} asked, ${listener.requestsFailed} of them failed`,
    `handling     ${describeLatency(listener.handlingTime)}`,
    ...(listener.messagesLost > 0 ? [`lost         ${listener.messagesLost} messages, for want of descriptors`] : []),
  ];
  const rows = connections.map((each) =>
    [each.pid, each.messagesReceived, each.messagesSent, each.messagesWaiting, each.bytesQueued, each.requestsPending].map(String),
  );
  const heading = ['CLIENT', 'RECEIVED', 'SENT', 'WAITING', 'QUEUED', 'PENDING'];
  return `${lines.join('\n')}\n${rows.length > 0 ? `\n${table([heading, ...rows])}` : ''}`;
}

function describeLatency(latency: Latency | null): string {
  if (latency === null) return 'nothing yet';
  return `p50 ${latency.p50} µs, p90 ${latency.p90}, p99 ${latency.p99}, max ${latency.max} (${latency.count})`;
}

function bytes(count: number): string {
  if (count < 10_000) return `${count} bytes`;
  return count < 10_000_000 ? `${Math.round(count / 1024)} KiB` : `${Math.round(count / 2 ** 20)} MiB`;
}
