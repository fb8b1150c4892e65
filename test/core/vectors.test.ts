/** The codec against test/vectors/wire-v1.json, which says in its `about` how it is to be read. For the greetings see test/unit/greeting.test.ts. */
import { readFileSync } from 'node:fs';

import { resolveAddress } from '#lib/ipc/names.js';
import { FirstPacket, Kind } from '#lib/native/binding.js';
import { native } from '#lib/native/index.js';

import { eventually } from '../support/deadline.js';
import { serviceName } from '../support/names.js';
import { core, type Frame, type TestInbox } from './core.js';

interface Bytes {
  hex?: string;
  payload?: string;
  message?: [from: number, to: number];
}
type PacketVector = Bytes & { objects?: number };
type FrameVector = Bytes & { kind: keyof typeof Kind; objects: number; correlation: number };
interface Receiver {
  receiver?: { window: number; maxMessageSize: number };
  packets: PacketVector[];
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/wire-v1.json', import.meta.url), 'utf8')) as {
  frames: (FrameVector & { name: string; packet: string })[];
  sequences: (Receiver & { name: string; frames: FrameVector[] })[];
  violations: (Receiver & { reason: string })[];
  firstPackets: { name: string; hex: string; is: 'greeting' | 'raw' }[];
};

function bytesOf({ hex = '', payload = '', message: [from, to] = [0, 0] }: Bytes): Buffer {
  return Buffer.concat([Buffer.from(hex + payload, 'hex'), Uint8Array.from({ length: to - from }, (_, i) => (from + i) % 251)]);
}

/** Frames in a form that fails with a readable difference. */
function describeFrame({ kind, objects, correlation, payload }: Frame): string {
  return `kind ${kind} correlation ${correlation} objects ${objects} payload ${payload.toString('hex')}`;
}

function expected(frame: FrameVector): string {
  return describeFrame({ ...frame, kind: Kind[frame.kind], payload: bytesOf(frame) });
}

function receiver({ window, maxMessageSize } = { window: 65_536, maxMessageSize: 1_048_576 }): TestInbox {
  return new core.TestInbox(window, maxMessageSize);
}

describe('frames', () => {
  test.each(vectors.frames)('$name is encoded', (frame) => {
    const outbox = new core.TestOutbox(false, 65_536);
    outbox.makeRoom(1);
    outbox.send(Kind[frame.kind], bytesOf(frame), frame.correlation, frame.objects, true);
    expect(outbox.take().map(({ bytes, objects }) => ({ hex: bytes.toString('hex'), objects }))).toEqual([
      { hex: frame.packet, objects: frame.objects },
    ]);
  });

  test.each(vectors.frames)('$name is decoded', (frame) => {
    const { verdict, frames } = receiver().accept(Buffer.from(frame.packet, 'hex'), frame.objects);
    expect(verdict).toBe('good');
    expect(frames.map(describeFrame)).toEqual([expected(frame)]);
  });
});

test.each(vectors.sequences)('$name', ({ receiver: limits, packets, frames }) => {
  const inbox = receiver(limits);
  const received = packets.flatMap((packet) => {
    const answer = inbox.accept(bytesOf(packet), packet.objects ?? 0);
    expect(answer.verdict).toBe('good');
    return answer.frames;
  });
  expect(received.map(describeFrame)).toEqual(frames.map(expected));
});

test.each(vectors.violations)('$reason is a violation', ({ receiver: limits, packets }) => {
  const inbox = receiver(limits);
  const verdicts = packets.map((packet) => inbox.accept(bytesOf(packet), packet.objects ?? 0).verdict);
  expect(verdicts).toEqual([...packets.slice(1).map(() => 'good'), 'violation']);
});

describe('first packets', () => {
  const address = resolveAddress(serviceName());

  function opened<T extends object>(result: T | number): T {
    if (typeof result === 'number') throw new Error(`errno ${result}`);
    return result;
  }

  test.each(vectors.firstPackets)('$name is taken for: $is', async ({ hex, is }) => {
    const acceptor = opened(native.listen(address, 1, null));
    const client = opened(native.connect(address));
    client.open('raw', 65_536, 65_536);
    client.send(Kind.MESSAGE, Buffer.from(hex, 'hex'), 0);
    const server = await eventually(() => opened(acceptor.accept()));
    await eventually(() => expect(server.peekFirst()).toBe(is === 'greeting' ? FirstPacket.HELLO : FirstPacket.RAW));
    for (const handle of [server, client, acceptor]) handle.close();
  });
});
