/** One request that a service has taken. */
import { performance } from 'node:perf_hooks';
import type { NativeDescriptor } from '../native/index.js';
import { validatePayload, type Payload } from '../validate.js';
import type { Channel } from './channel.js';
import { requestEnd, requestStart, subjectOf, type RequestTrace } from './diagnostics.js';
import { remote } from './failure.js';
import type { Answer } from './handler.js';
import { abortRequest, createRequest, type IncomingRequest } from './incoming-request.js';
import { Message } from './message.js';
import { validateObjects } from './outgoing.js';
import type { Session } from './session.js';

export class Job {
  readonly session: Session;
  readonly request: IncomingRequest;
  /** Called once, when there is an answer, or nobody waits for one any more. */
  readonly #onAnswered: (job: Job) => void;
  isLater = false;
  #timer: NodeJS.Timeout | undefined = undefined;
  #isAnswered = false;
  readonly #arrival = performance.now();
  #event: RequestTrace | undefined = undefined;

  constructor(session: Session, channel: Channel, message: Message, onAnswered: (job: Job) => void) {
    this.session = session;
    this.request = createRequest(channel, message);
    this.#onAnswered = onAnswered;
  }

  get correlation(): number {
    return this.request.message.correlation;
  }

  get isRequest(): boolean {
    return this.request.isRequest;
  }

  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  /** Since it was taken, in ms. */
  get age(): number {
    return performance.now() - this.#arrival;
  }

  /** To be called before its handler is. */
  begin(): void {
    if (!this.isRequest || (!requestStart.hasSubscribers && !requestEnd.hasSubscribers)) return;
    this.#event = { ...subjectOf(this.session), side: 'handler', size: this.request.message.size };
    requestStart.publish(this.#event);
  }

  /** From now on the handler has so many ms. */
  limit(ms: number, passed: () => Error): void {
    if (ms !== Infinity) this.#timer = setTimeout(() => this.stop(passed()), ms).unref();
  }

  /** It only waits, and so may take as long as it likes: see `Later`. */
  postpone(): void {
    this.isLater = true;
    clearTimeout(this.#timer);
  }

  /** Throws if the answer cannot be sent; then nothing was. */
  answer(answer: Answer): void {
    if (this.#isAnswered) return;
    const { message } = this.request;
    if (answer !== undefined || this.isRequest) {
      const { payload, objects } = parse(answer, this.session);
      this.session.sender.respond(message, payload, objects);
    }
    this.#end();
  }

  /** The handler has failed. */
  fail(error: unknown): void {
    if (this.#isAnswered) return;
    if (this.isRequest) this.session.sendFailure(this.correlation, remote(error));
    this.#end(error);
  }

  /** Its handler may go on, but its caller is told that there will be no answer. */
  stop(reason: Error): void {
    if (this.#isAnswered) return;
    this.fail(reason);
    abortRequest(this.request, reason);
  }

  /** Nobody waits for the answer. */
  abandon(reason: unknown): void {
    if (this.#isAnswered) return;
    this.#end(reason);
    abortRequest(this.request, reason);
  }

  #end(error?: unknown): void {
    this.#isAnswered = true;
    clearTimeout(this.#timer);
    this.#onAnswered(this);
    const event = this.#event;
    if (event === undefined) return;
    event.duration = this.age;
    if (error !== undefined) event.error = error;
    process.nextTick(() => requestEnd.publish(event));
  }
}

interface Parsed {
  readonly payload: Payload;
  readonly objects: readonly NativeDescriptor[] | undefined;
}

function parse(answer: unknown, session: Session): Parsed {
  if (answer === undefined) return { payload: '', objects: undefined };
  const isBytes = typeof answer === 'string' || ArrayBuffer.isView(answer) || answer instanceof ArrayBuffer;
  if (isBytes || typeof answer !== 'object' || answer === null) return { payload: validatePayload(answer, 'answer'), objects: undefined };
  const objects = validateObjects(answer instanceof Message && answer.objects.length === 0 ? undefined : answer, session);
  return { payload: validatePayload((answer as { payload?: unknown }).payload, 'answer.payload'), objects };
}
