/** The lines a process prints, each awaited with a deadline. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Hands lines to whoever waits for one, in order, and keeps those nobody waits for yet. */
export class Queue<T> {
  readonly #items: T[] = [];
  readonly #waiting: { resolve: (item: T) => void; reject: (error: Error) => void }[] = [];
  #end: (() => Error) | undefined;

  push(item: T): void {
    const first = this.#waiting.shift();
    if (first === undefined) this.#items.push(item);
    else first.resolve(item);
  }

  /** Nothing more will come. */
  end(error: () => Error): void {
    this.#end = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error());
  }

  next(): Promise<T> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift()!);
    if (this.#end !== undefined) return Promise.reject(this.#end());
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}

export function onLine(stream: Readable, take: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', take);
}
