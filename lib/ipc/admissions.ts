import type { Admission } from './admission.js';

/** The clients of a listener that are neither admitted nor turned away yet, and one timer for all their deadlines. */
export class Admissions {
  /** In the order of their deadlines, since all have the same time. */
  readonly #waiting = new Set<Admission>();
  #timer: NodeJS.Timeout | undefined = undefined;

  [Symbol.iterator](): IterableIterator<Admission> {
    return this.#waiting.values();
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  add(admission: Admission): void {
    this.#waiting.add(admission);
    this.#arm(admission.deadline);
  }

  delete(admission: Admission): void {
    this.#waiting.delete(admission);
    if (this.#waiting.size === 0) this.#disarm();
  }

  /** Ends those whose time is over. */
  expire(): void {
    const now = performance.now();
    for (const admission of this.#waiting) {
      if (admission.deadline > now) return;
      admission.expire();
    }
  }

  cancel(): void {
    for (const admission of this.#waiting) admission.cancel();
    this.#waiting.clear();
    this.#disarm();
  }

  #arm(deadline: number): void {
    if (this.#timer !== undefined || deadline === Infinity) return;
    this.#timer = setTimeout(() => this.#onTimer(), Math.max(deadline - performance.now(), 0)).unref();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.expire();
    const [next] = this.#waiting;
    if (next !== undefined) this.#arm(next.deadline);
  }
}
