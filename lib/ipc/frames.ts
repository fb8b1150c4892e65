/** From the records of a batch to messages. */
import { markAsUntransferable } from 'node:worker_threads';
import { LOST, native, type Kind, Record, RECORD_SIZE, type NativeDescriptor } from '../native/index.js';
import type { Subject } from './endings.js';
import type { Arrival } from './inbox.js';
import { wrap } from './ipc-object.js';
import { LostMessage } from './lost-message.js';
import { Message, NO_OBJECTS } from './message.js';

/** Buffers up to this size may hold several payloads of a peer. */
const SHARED_SIZE = 8192;

/** What frames are read into. */
export interface FrameSink extends Subject {
  /** A frame, or what stands in its place. Must not receive from any channel: that rewrites the records. */
  onFrame(frame: Arrival): void;
}

let lastShared: ArrayBuffer | undefined;

/** Reads the `count` records of a batch. */
export function readFrames(count: number, buffers: ArrayBuffer[], descriptors: NativeDescriptor[], sink: FrameSink): void {
  const { records } = native;
  for (const buffer of buffers) protect(buffer);
  const end = count * RECORD_SIZE;
  let taken = 0;
  for (let at = 0; at < end; at += RECORD_SIZE) {
    const kind = records[at + Record.KIND] as number;
    const correlation = records[at + Record.CORRELATION] as number;
    const index = records[at + Record.BUFFER] as number;
    const offset = records[at + Record.OFFSET] as number;
    const length = records[at + Record.LENGTH] as number;
    if (kind === LOST) {
      sink.onFrame(new LostMessage(sink, -index, length, offset as Kind, correlation));
      continue;
    }
    const size = records[at + Record.OBJECTS] as number;
    const objects = size === 0 ? NO_OBJECTS : descriptors.slice(taken, taken + size).map((descriptor) => wrap(descriptor));
    taken += size;
    sink.onFrame(Message.create(length === 0 ? undefined : buffers[index], offset, length, objects, kind as Kind, correlation));
  }
}

/** Transferring one payload to another thread would take its neighbours along. */
function protect(buffer: ArrayBuffer): void {
  if (buffer.byteLength > SHARED_SIZE || buffer === lastShared) return;
  markAsUntransferable(buffer);
  lastShared = buffer;
}
