/** One request that a service has taken. */
import type { NativeDescriptor } from '../native/index.js';
import { validatePayload, type Payload } from '../validate.js';
import type { Channel } from './channel.js';
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
    this.#end();
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
    this.#end();
    abortRequest(this.request, reason);
  }

  #end(): void {
    this.#isAnswered = true;
    clearTimeout(this.#timer);
    this.#onAnswered(this);
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
