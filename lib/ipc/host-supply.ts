import { timeoutError } from '../errors.js';
import { closed } from './endings.js';
import type { Host, Use } from './host.js';
import { Supply } from './supply.js';
import type { Ending } from './taker.js';

/** What a listener gives: calls and iterators, as many as like, take from the same. */
export abstract class HostSupply<T> extends Supply<T> {
  protected readonly host: Host;
  readonly #use: Use;

  constructor(host: Host, use: Use) {
    super();
    this.host = host;
    this.#use = use;
  }

  override leave(): void {
    // Nobody else had to wait for the iterator to end.
  }

  protected override get ending(): Ending | undefined {
    return this.host.isClosed ? closed(this.host) : undefined;
  }

  protected override begin(): void {
    this.host.use(this.#use);
  }

  protected override watch(): void {
    this.host.watch();
  }

  protected override busy(): void {
    // A listener keeps the process alive by itself.
  }

  protected override idle(): void {
    // As above.
  }

  protected override pump(): void {
    this.host.pump();
  }

  protected override wait(ms: number): void {
    this.host.wait(ms);
  }

  protected override timedOut(ms: number): Error {
    return timeoutError(`accept from ${this.host.what}`, ms, this.host.address);
  }
}
