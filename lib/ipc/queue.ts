/** How many taken places may lie at the front before the array is cut. */
const SLACK = 1024;

/** First in, first out. */
export class Queue<T extends object> {
  readonly #values: (T | undefined)[] = [];
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#values.length;
  }

  get length(): number {
    return this.#values.length - this.#head;
  }

  /** The next one. */
  get first(): T | undefined {
    return this.#values[this.#head];
  }

  push(value: T): void {
    this.#values.push(value);
  }

  shift(): T | undefined {
    const value = this.#values[this.#head];
    if (value === undefined) return undefined;
    this.#values[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#values.length) this.clear();
    else if (this.#head === SLACK) this.#cut();
    return value;
  }

  clear(): void {
    this.#values.length = 0;
    this.#head = 0;
  }

  #cut(): void {
    this.#values.splice(0, SLACK);
    this.#head = 0;
  }
}
