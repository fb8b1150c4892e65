import type { Answer } from './handler.js';

/** An answer for which its handler waits only, without a place of its own: neither `concurrency` nor `maxPending` nor the service's timeout counts it. */
export class Later {
  readonly answer: Promise<Answer>;

  constructor(answer: Promise<Answer>) {
    this.answer = answer;
  }
}
