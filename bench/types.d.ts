/** The two small interfaces of the benchmark: what a way to exchange messages must offer (`Peer`), and what is done with it (`Workload`). */
import type { ChildProcess } from 'node:child_process';
import type { MessagePort } from 'node:worker_threads';
import type { Shm } from 'gips';

/** What is sent and received. A peer that carries text only gets, and gives, strings. */
export type Bytes = Uint8Array | string;

/** One open connection. */
export interface Link {
  /** Sends a message. Who gets a Promise should wait for it before sending more: the way is full. */
  send(bytes: Bytes): void | Promise<unknown>;
  /** What to do with each message that comes. Called once per link, before the first message is expected. */
  onMessage(handler: (bytes: Bytes) => void): void;
  /** The next message, instead of `onMessage`. Only where the library has such a form. */
  receive?(): Promise<{ payload: Bytes }>;
  /** The messages to come, instead of `onMessage`. Only where the library has such a form. */
  messages?(): AsyncIterable<{ payload: Bytes }>;
  /** Asks, and resolves to the answer. Only where the library has requests. */
  request?(bytes: Bytes): Promise<{ payload: Bytes }>;
  /** Answers requests, instead of `onMessage`. Only where the library has requests. */
  answer?(handler: (bytes: Bytes) => Bytes): void;
  /** Passes memory without copying it; the other side's `onMessage` sees its bytes. Only where the library can. */
  sendRegion?(region: Shm): void | Promise<unknown>;
  close?(): unknown;
}

/** How a library is used: `callback` is what every peer has. */
export type Form = 'callback' | 'await recv' | 'for await' | 'await send' | 'request' | 'region';

/** The other process (or thread), as `connect` may need it. */
export interface Other {
  /** The child process that serves, for peers whose link is the tie between parent and child. */
  child?: ChildProcess;
  /** The port to a worker thread that serves, for peers within one process. */
  port?: MessagePort;
}

export interface Row {
  /** Stable: saved runs are compared by it. */
  id: string;
  title: string;
  size: number;
  /** How many connections, messages: what the workload says. */
  count?: number;
  /** Repetitions, if not those of the run. */
  repetitions?: number;
}

/** What all peers have. */
interface Contender {
  name: string;
  /** Its version, as the report shows it. */
  version(): string | Promise<string>;
  /** Makes it ready (installs, compiles). Throws, saying why, if it cannot be had. */
  prepare?(): void | Promise<void>;
  /** Takes part in `--quick`. */
  quick?: boolean;
}

/** A library of JavaScript: the harness starts two processes, one of which serves. */
export interface LibraryPeer extends Contender {
  forms?: Form[];
  /** Carries text only. */
  textOnly?: boolean;
  /** How the child process that serves is tied to its parent. */
  serialization?: 'json' | 'advanced';
  /** Looks for messages instead of sleeping: takes part where that is measured, and nowhere else. */
  spins?: boolean;
  /** Serves in a worker thread instead of a process. */
  inThread?: boolean;
  /** One link per process, or many: what counts connections needs many. */
  single?: boolean;
  /** Not made for more links than that. */
  mostLinks?: number;
  serve(address: string, onLink: (link: Link) => void, options: { row: Row; form: Form; port?: Other['port'] }): Promise<void>;
  connect(address: string, options: { row: Row; form: Form; other: Other }): Promise<Link>;
}

/** A program of its own: it does the whole measurement. */
export interface ProgramPeer extends Contender {
  /** The command for a row, or undefined if it has no such thing. It prints an `Outcome` as JSON. */
  command(workload: string, row: Row, options: { milliseconds: number; pins: string[] }): string[] | undefined;
}

export type Peer = LibraryPeer | ProgramPeer;

/** A measurement's result. `value` is in the workload's unit. */
export interface Outcome {
  value: number;
  /** User and system time of both processes, µs per message. */
  cpu?: number;
  /** What else was seen: printed below the table. */
  notes?: Record<string, number>;
}

/** What a workload measures with, in the client's process. */
export interface Context {
  row: Row;
  form: Form;
  payload: Bytes;
  /** About how long to measure. */
  milliseconds: number;
  /** So many messages, without a warm-up, instead. */
  messages?: number | undefined;
  connect(): Promise<Link>;
  /** What the serving process has used so far. */
  server(): Promise<Usage>;
  /** Both processes' CPU time so far, µs. */
  cpu(): Promise<number>;
  /** Starts a third process that floods the server; resolves to what stops it. */
  flood(): Promise<() => Promise<void>>;
}

export interface Usage {
  cpu: number;
  rss: number;
  anonymous: number;
  links: number;
}

export interface Workload {
  name: string;
  /** What `value` is. Less is better everywhere. */
  unit: string;
  /** Round trips share a core, streams have two; who spins wants to see that there are others. */
  pin: 'one' | 'two' | 'none';
  /** For those who spin. */
  forSpinning?: boolean;
  /** Needs many links in one process. */
  manyLinks?: boolean;
  forms: Form[];
  rows(quick: boolean): Row[];
  /** `payload` is what the other side sends: the first message is compared with it. */
  serve(link: Link, options: { form: Form; payload: Bytes }): void;
  measure(context: Context): Promise<Outcome>;
  /** Instead of `measure`, for what watches the processes from outside. */
  outside?(peer: Peer, workload: Workload, row: Row, options: { form: Form; milliseconds: number }): Promise<Outcome>;
}

/** What a run leaves behind, saved as JSON. */
export interface Run {
  date: string;
  quick: boolean;
  repetitions: number;
  machine: Record<string, string>;
  versions: Record<string, string>;
  missing: Record<string, string>;
  rows: RowResult[];
}

export interface RowResult {
  id: string;
  workload: string;
  title: string;
  unit: string;
  pinned: string;
  entries: Entry[];
}

export interface Entry {
  /** The peer's name, with the form if it is not `callback`. */
  name: string;
  /** One value per repetition, in the order they were measured. */
  samples: number[];
  cpu: number[];
  notes: Record<string, number[]>;
  /** Why there is no (or not every) sample. */
  problem?: string;
}
