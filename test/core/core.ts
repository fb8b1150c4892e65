import { builtAddon } from '../support/programs.js';

/** One packet as the sink got it. */
export interface Packet {
  bytes: Buffer;
  objects: number;
}

export interface Frame {
  kind: number;
  correlation: number;
  payload: Buffer;
  objects: number;
}

export interface TestOutbox {
  send(kind: number, payload: Uint8Array, correlation: number, objects: number, atOnce: boolean): number;
  /** A message may be put into a packet while this is positive before it. */
  readonly credit: number;
  /** How large a packet `sendPacked` takes now. */
  readonly packedRoom: number;
  sendPacked(packet: Uint8Array, cost: number): void;
  cancel(sequence: number): boolean;
  flush(): number;
  addCredit(credit: number): void;
  makeRoom(packets: number): void;
  starve(packets: number): void;
  /** The sink takes no packets over so many bytes. */
  limit(bytes: number): void;
  break(): void;
  take(): Packet[];
  /** From now on payloads from 128 KiB on go through three slots of 100,000 bytes. */
  useSlots(): void;
  onSlot(number: number): boolean;
  trimSlots(): boolean;
  /** -1: there are no slots. */
  readonly slotsTaken: number;
  readonly buffered: number;
}

export interface TestInbox {
  accept(packet: Uint8Array, objects: number): { verdict: 'good' | 'violation'; frames: Frame[] };
  granted(cost: number): void;
  /** Whose slots are read. Without, every byte of a slot is the slot's number. */
  readFrom(outbox: TestOutbox): void;
}

/** Both ends of one direction of a ring. */
export interface TestRing {
  fits(packet: number): boolean;
  /** `ring`: the reader sleeps, and is to be woken. */
  put(segments: Uint8Array[]): { status: 'sent' | 'full' | 'broken'; ring: boolean };
  openReserve(): void;
  prepareElsewhere(): 'sent' | 'full' | 'broken';
  putElsewhere(): boolean;
  wakeWriter(): void;
  readonly writerWaits: boolean;
  /** Into a buffer of so many bytes. `ring`: the writer waits for room, and is to be woken. */
  take(room: number): { status: 'packet' | 'elsewhere' | 'nothing' | 'violation'; packet: Buffer; ring: boolean };
  hasData(): boolean;
  awaitData(): boolean;
  wakeReader(): void;
  /** Changes a word of the writer's memory, or of the reader's. */
  say(isWriters: boolean, word: number, value: bigint): void;
  said(isWriters: boolean, word: number): bigint;
  /** Changes what is in the ring. */
  overwrite(offset: number, bytes: Uint8Array): void;
}

interface RingStressOptions {
  capacity: number;
  /** Packet. */
  largest: number;
  records: number;
  seed: number;
  /** Records that a side takes before it goes back to sleep. */
  budget: number;
}

interface RingHarassment {
  packets: number;
  violations: number;
  sent: number;
  broken: number;
  failure: string;
}

/** See ring-model.ts. */
interface RingModelOptions {
  traffic: number;
  capacity: number;
  sizes: number[];
  budget: number;
  interruptions: number;
  fault: number;
}

interface RingModelResult {
  states: number;
  steps: number;
  /** Empty: there is none. */
  failure: string;
  /** The steps that lead to it. */
  schedule: string[];
}

/** The C++ core without sockets: addon/test. */
export const core = builtAddon('gips_test') as {
  TestOutbox: new (raw: boolean, mark: number) => TestOutbox;
  TestInbox: new (window: number, maxMessageSize: number) => TestInbox;
  TestRing: new (capacity: number) => TestRing;
  /** Two threads that send so many packets to each other. */
  stressRing(options: RingStressOptions): { sleeps: number; failure: string };
  /** An end of a ring that is used, with a buffer of so many bytes, while another thread writes over the other end's memory. */
  harassRing(capacity: number, room: number, rounds: number, seed: number): RingHarassment;
  exploreRing(options: RingModelOptions): RingModelResult;
  overflow(size?: number): number;
};

export const MESSAGE = 4;
export const REPLY = 6;
export const INITIAL_CREDIT = 65_536;

export function cost(frame: Pick<Frame, 'payload' | 'objects'>): number {
  return 64 + frame.payload.length + 4096 * frame.objects;
}
