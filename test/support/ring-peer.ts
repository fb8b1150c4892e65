/** Drives test/programs/ring-peer.cc: a peer that speaks by rings and knows nothing of gips. */
import type { Hello } from '#lib/ipc/greeting.js';
import { Feature, Kind } from '#lib/native/binding.js';

import { HEADER_SIZE, ring, RingStep } from '../core/packets.js';
import { BarePeer } from './bare-peer.js';
import { hello, message, welcome } from './greetings.js';

export type RingMemory = 'good' | 'unsealed' | 'writable' | 'short' | 'long' | 'hole' | 'behind' | 'zero' | 'file' | 'directory' | 'socket';
export type RingBell = 'pipe' | 'file' | 'socket' | 'zero' | 'memory';

export const Word = { WRITTEN: 0, READ: 1, WAITS_FOR_DATA: 2, WAITS_FOR_ROOM: 3 } as const;
export const RecordKind = { PACKET: 0, ELSEWHERE: 1 } as const;

export const CAPACITY = 64 * 1024;

const OFFERS_RINGS: Partial<Hello> = { features: Feature.RING };

export class RingPeer extends BarePeer {
  constructor() {
    super('ring_peer');
  }

  /** A client that has been welcomed, and has said that it knows of rings unless told otherwise. */
  static async welcomed(name: string, greeting = OFFERS_RINGS): Promise<RingPeer> {
    const peer = new RingPeer();
    await peer.connect(name);
    await peer.send(hello(name, greeting));
    await peer.receive();
    return peer;
  }

  /** A client with a ring, into which it has said that it writes; the server has not said so yet. */
  static async withRing(name: string, capacity = CAPACITY): Promise<RingPeer> {
    const peer = await RingPeer.welcomed(name);
    await peer.make(capacity);
    await peer.offer(ring(RingStep.OFFER, capacity));
    await peer.takeOffer();
    expect((await peer.receive()).bytes).toEqual(ring(RingStep.ACCEPT));
    await peer.send(ring(RingStep.ACCEPT));
    await peer.send(ring(RingStep.BEGIN));
    return peer;
  }

  /** A server that listens on `name`. */
  static override async listen(name: string): Promise<RingPeer> {
    const peer = new RingPeer();
    await peer.listen(name);
    return peer;
  }

  /** As a server: welcomes the next client, which wants a ring and offers its half. */
  async welcome(): Promise<void> {
    await this.accept();
    await this.receive();
    await this.send(welcome(OFFERS_RINGS));
    await this.takeOffer();
  }

  /** As a server: takes what the client has offered, and has a ring with it, into which both write. */
  async open(capacity = CAPACITY): Promise<void> {
    await this.make(capacity);
    await this.offer(ring(RingStep.OFFER, capacity));
    await this.send(ring(RingStep.ACCEPT));
    expect((await this.receive()).bytes).toEqual(ring(RingStep.ACCEPT));
    await this.send(ring(RingStep.BEGIN));
  }

  /** Waits for the other side's half. */
  async takeOffer(): Promise<void> {
    const { bytes, descriptors } = await this.receive();
    const capacity = bytes.readBigUInt64LE(HEADER_SIZE);
    expect(bytes).toEqual(ring(RingStep.OFFER, capacity));
    expect(descriptors).toBe(2);
    await this.run(`take ${capacity}`);
  }

  /** Makes its own half. */
  async make(capacity = CAPACITY, memory: RingMemory = 'good', bell: RingBell = 'pipe'): Promise<void> {
    await this.run(`make ${capacity} ${memory} ${bell}`);
  }

  /** Sends a packet with so many objects of its half. */
  async offer(bytes: Uint8Array, objects = 2): Promise<void> {
    await this.run(`offer ${Buffer.from(bytes).toString('hex')} ${objects}`);
  }

  /** Writes a packet into its ring. */
  async put(packet: Uint8Array): Promise<void> {
    await this.run(`put ${Buffer.from(packet).toString('hex')}`);
  }

  /** Writes a packet into its ring, and says that only so many bytes of it are there. */
  async putPart(packet: Uint8Array, size: number): Promise<void> {
    await this.run(`part ${Buffer.from(packet).toString('hex')} ${size}`);
  }

  /** Writes the header of a record, and says that so many bytes more are there. */
  async record(kind: number, size: number, advance = 0): Promise<void> {
    await this.run(`record ${kind} ${size} ${advance}`);
  }

  async set(word: number, value: number | bigint): Promise<void> {
    await this.run(`set ${word} ${BigInt.asUintN(64, BigInt(value))}`);
  }

  /** A word of the other side's. */
  async get(word: number): Promise<bigint> {
    return BigInt((await this.run(`get ${word}`))[0]!);
  }

  /** Waits for a record of the other side's, and reads it. */
  async next(): Promise<{ kind: number; packet: Buffer }> {
    const [kind, hex] = await this.run('next');
    return { kind: Number(kind), packet: hex === '-' ? Buffer.alloc(0) : Buffer.from(hex!, 'hex') };
  }

  /** Waits for a message of the other side's in the ring; what it tells for its own sake is passed over. */
  async nextMessage(): Promise<string> {
    for (;;) {
      const { kind, packet } = await this.next();
      expect(kind).toBe(RecordKind.PACKET);
      for (let at = 0; at < packet.length;) {
        const end = at + HEADER_SIZE + packet.readUInt32LE(at + 4);
        if (packet[at] === Kind.MESSAGE) return packet.toString('latin1', at + HEADER_SIZE, end);
        at = end;
      }
    }
  }

  /** Says something by the ring, and waits for the echo. */
  async expectEcho(text: string): Promise<void> {
    await this.put(message(text));
    expect(await this.nextMessage()).toBe(text);
  }

  /** From now on rings without end, or changes at random what it waits for. */
  async storm(what: 'bell' | 'tickets'): Promise<void> {
    await this.run(`storm ${what}`);
  }

  async calm(): Promise<void> {
    await this.run('calm');
  }

  /** Fills the bell that the other side rings, has it block, and lets go of it. */
  async mute(): Promise<void> {
    await this.run('mute');
  }
}
