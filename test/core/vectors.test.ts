/** The codec against test/vectors/wire-v1.json, which says in its `about` how it is to be read. */
import { readFileSync } from 'node:fs';

import { decodeHello, decodeRefused, decodeWelcome, encodeHello, encodeRefused, encodeWelcome } from '#lib/ipc/greeting.js';
import type { Hello, Reason, Welcome } from '#lib/ipc/greeting.js';
import { FirstPacket, Kind } from '#lib/native/binding.js';
import { native } from '#lib/native/index.js';

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
interface Malformed {
  reason: string;
  payload: string;
}
interface Greetings<Fields> {
  name: string;
  fields: Fields;
  payload: string;
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/wire-v1.json', import.meta.url), 'utf8')) as {
  frames: (FrameVector & { name: string; packet: string })[];
  sequences: (Receiver & { name: string; frames: FrameVector[] })[];
  violations: (Receiver & { reason: string })[];
  greetings: {
    hello: Greetings<Hello>[];
    malformedHello: Malformed[];
    welcome: Greetings<Welcome>[];
    malformedWelcome: Malformed[];
    refused: { name: string; reason: Reason; payload: string }[];
    malformedRefused: Malformed[];
  };
  firstPackets: { name: string; hex: string; is: 'greeting' | 'raw' }[];
};

function bytesOf({ hex = '', payload = '', message: [from, to] = [0, 0] }: Bytes): Buffer {
  return Buffer.concat([Buffer.from(hex + payload, 'hex'), Buffer.from({ length: to - from }, (_, i) => (from + i) % 251)]);
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

describe('greetings', () => {
  const { hello, malformedHello, welcome, malformedWelcome, refused, malformedRefused } = vectors.greetings;
  const offered = hello[0]!.fields;

  test.each(hello)('HELLO: $name', ({ fields, payload }) => {
    expect(encodeHello(fields).toString('hex')).toBe(payload);
    expect(decodeHello(Buffer.from(payload, 'hex'))).toEqual(fields);
  });

  test.each(malformedHello)('HELLO is malformed: $reason', ({ payload }) => {
    expect(decodeHello(Buffer.from(payload, 'hex'))).toBeUndefined();
  });

  test.each(welcome)('WELCOME: $name', ({ fields, payload }) => {
    expect(encodeWelcome(fields).toString('hex')).toBe(payload);
    expect(decodeWelcome(Buffer.from(payload, 'hex'), offered)).toEqual(fields);
  });

  test.each(malformedWelcome)('WELCOME is malformed: $reason', ({ payload }) => {
    expect(decodeWelcome(Buffer.from(payload, 'hex'), offered)).toBeUndefined();
  });

  test.each(refused)('REFUSED: $name', ({ reason, payload }) => {
    expect(encodeRefused(reason).toString('hex')).toBe(payload);
    expect(decodeRefused(Buffer.from(payload, 'hex'))).toBe(reason);
  });

  test.each(malformedRefused)('REFUSED is malformed: $reason', ({ payload }) => {
    expect(decodeRefused(Buffer.from(payload, 'hex'))).toBeUndefined();
  });
});

describe('first packets', () => {
  const address = Buffer.from(`\0${serviceName()}`);

  function opened<T extends object>(result: T | number): T {
    if (typeof result === 'number') throw new Error(`errno ${result}`);
    return result;
  }

  test.each(vectors.firstPackets)('$name is taken for: $is', ({ hex, is }) => {
    const acceptor = opened(native.listen(address, 1));
    const client = opened(native.connect(address));
    client.open('raw', 65_536, 65_536);
    client.send(Kind.MESSAGE, Buffer.from(hex, 'hex'), 0);
    const server = opened(acceptor.accept());
    expect(server.peekFirst()).toBe(is === 'greeting' ? FirstPacket.HELLO : FirstPacket.RAW);
    for (const handle of [server, client, acceptor]) handle.close();
  });
});
