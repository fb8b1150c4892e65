/** A server to attack, with a well-behaved client on the same listener who must not notice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Endpoint, type ListenerOptions } from 'gips';

import type { Hello } from '#lib/ipc/greeting.js';

import { BarePeer } from './bare-peer.js';
import { eventually } from './deadline.js';
import { hello } from './greetings.js';
import { serviceName } from './names.js';
import { OTHER_HANDLES } from './platform.js';
import { descriptorCount, processorTime, type Program, residentMemory, start } from './processes.js';

const MEBIBYTE = 1024 * 1024;
/** The sanitizers keep what was freed for a while. */
const MEMORY_FACTOR = process.env.GIPS_TEST_SANITIZED === '1' ? 8 : 1;

interface VictimOptions {
  takes?: 'pods' | 'blocking' | 'connections';
  options?: ListenerOptions;
}

export class Victim {
  readonly name: string;
  readonly server: Program;
  readonly #bystander: Endpoint;
  #descriptors: number;
  readonly #memory: number;
  #echoes = 0;

  private constructor(name: string, server: Program, bystander: Endpoint) {
    this.name = name;
    this.server = server;
    this.#bystander = bystander;
    this.#descriptors = descriptorCount(server.pid);
    this.#memory = residentMemory(server.pid);
  }

  static async start({ takes = 'pods', options = {} }: VictimOptions = {}): Promise<Victim> {
    const name = serviceName('victim');
    const server = start('attacked-server', { argument: { name, takes, options } });
    await server.next('listening');
    const bystander = await Endpoint.connect(name);
    // After an answer both have all the descriptors that they need for each other.
    await bystander.send('echo');
    await bystander.recv();
    return new Victim(name, server, bystander);
  }

  /** What the server has now is what it had before all attacks: for clients that are there all the time. */
  recount(): void {
    this.#descriptors = descriptorCount(this.server.pid);
  }

  /** A bare peer that the server has admitted. */
  async admit(greeting: Partial<Hello> = {}): Promise<BarePeer> {
    const peer = await BarePeer.connect(this.name);
    await peer.send(hello(this.name, greeting));
    await peer.receive();
    return peer;
  }

  /** The server has a connection with a bare peer: one that does not greet must have sent something first. */
  async connectionOf(peer: BarePeer): Promise<void> {
    await this.server.next(`connection ${peer.pid}`);
  }

  /** How the connection of a bare peer has ended for the server: a code, or 'goodbye'. */
  endOf(peer: BarePeer): Promise<unknown> {
    return this.server.next(`end ${peer.pid}`);
  }

  /** Why the server turned a bare peer away. */
  rejectionOf(peer: BarePeer): Promise<unknown> {
    return this.server.next(`rejected ${peer.pid}`);
  }

  /** The well-behaved client gets its answer. */
  async expectEcho(): Promise<void> {
    const text = `echo ${++this.#echoes}`;
    await this.#bystander.send(text);
    expect((await this.#bystander.recv({ timeout: 5_000 })).text()).toBe(text);
  }

  /** The well-behaved client is served, and what the attackers had taken is back. */
  async expectUnharmed(): Promise<void> {
    await this.expectEcho();
    await eventually(() => expect(descriptorCount(this.server.pid)).toBeLessThanOrEqual(this.#descriptors + OTHER_HANDLES));
  }

  /** The server has grown by less than so many MiB since its start. */
  expectMemoryBelow(mebibytes: number): void {
    expect(residentMemory(this.server.pid) - this.#memory).toBeLessThan(mebibytes * MEMORY_FACTOR * MEBIBYTE);
  }

  /** With nothing to do it does nothing. */
  async expectIdle(): Promise<void> {
    const before = processorTime(this.server.pid);
    await sleep(1_000);
    expect(processorTime(this.server.pid) - before).toBeLessThanOrEqual(0.1);
  }

  /** The well-behaved client leaves; the server ends with the test or the suite. */
  leave(): void {
    this.#bystander.destroy();
  }
}
