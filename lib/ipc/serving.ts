/** A service behind its public face: which requests run, which wait, and who is told that there is no answer. */
import PQueue from 'p-queue';
import { GipsError } from '../errors.js';
import { Kind } from '../native/index.js';
import type { Channel } from './channel.js';
import { Draining } from './draining.js';
import { violated } from './endings.js';
import { busy } from './failure.js';
import type { Answer, Handler, ServeSettings } from './handler.js';
import { Job } from './job.js';
import { Later } from './later.js';
import { Want } from './link.js';
import type { Message } from './message.js';
import { emitSafely, rethrow } from './rethrow.js';
import type { Session } from './session.js';
import type { Times } from './stats.js';
import type { Ending, Taking } from './taker.js';

/** One channel of a service. */
interface Served {
  readonly channel: Channel;
  /** Requests without an answer, by correlation. */
  readonly requests: Map<number, Job>;
}

export class Serving implements Taking {
  readonly description = 'a service';
  readonly takesRequests = true;
  readonly #handler: Handler;
  readonly #settings: ServeSettings;
  readonly #onClose: () => void;
  readonly #onError: (session: Session, error: Error) => void;
  readonly #times: Times | undefined;
  readonly #served = new Map<Session, Served>();
  /** Taken and not answered. */
  readonly #jobs = new Set<Job>();
  /** Those beyond the limit; it stands still while all places are taken by handlers that were called without it, for it costs a microsecond a task. */
  readonly #queue: PQueue;
  /** Channels that have something which there was no room to take. */
  readonly #held = new Set<Session>();
  readonly #draining = new Draining();
  #direct = 0;
  /** Jobs whose handlers only wait: see `Later`. */
  #later = 0;
  #isFlowing = false;
  #closing: Promise<void> | undefined = undefined;

  /**
   * @param onClose called once, when nothing more is taken
   * @param onError of a plain message, whose sender does not wait for an answer
   * @param times gets how long each request took
   */
  constructor(
    handler: Handler,
    settings: ServeSettings,
    onClose: () => void,
    onError: (session: Session, error: Error) => void,
    times?: Times,
  ) {
    this.#times = times;
    this.#handler = handler;
    this.#settings = settings;
    this.#onClose = onClose;
    this.#onError = onError;
    this.#queue = new PQueue({ concurrency: settings.concurrency });
    settings.signal?.addEventListener('abort', this);
  }

  get pending(): number {
    return this.#jobs.size - this.#later;
  }

  /** From now on the channel's messages come here. */
  adopt(session: Session, channel: Channel): void {
    session.receiver.hold(this);
    session.serving = this;
    // A listener keeps the process alive by itself.
    if (session.host === undefined) session.link.want(Want.PUSH);
    this.#served.set(session, { channel, requests: new Map() });
    this.flowSoon(session);
  }

  /** For those who are in the middle of something: handlers may call whatever they like. */
  flowSoon(session: Session): void {
    process.nextTick(() => this.flow(session));
  }

  /** Takes what the channel has, as far as there is room. */
  flow(session: Session): void {
    if (this.#isFlowing) return this.#hold(session);
    this.#isFlowing = true;
    this.#held.add(session);
    for (const held of this.#held) {
      this.#held.delete(held);
      if (!this.#takeAll(held)) break;
    }
    this.#isFlowing = false;
  }

  /** The caller does not wait for the answer any more. */
  cancel(session: Session, correlation: number): void {
    const job = this.#served.get(session)?.requests.get(correlation);
    if (job === undefined) session.receiver.cancel(correlation);
    else
      job.abandon(
        new GipsError(`the caller at ${session.what} has cancelled its request`, { code: 'ERR_GIPS_CLOSED', address: session.address }),
      );
  }

  /** The channel has ended: what came before is still handled, but nobody waits for answers. */
  onEnd(session: Session, { error }: Ending): void {
    for (const job of this.#served.get(session)?.requests.values() ?? []) job.abandon(error());
    session.link.unwant(Want.PUSH);
    this.flowSoon(session);
  }

  close(drain: number): Promise<void> {
    if (drain === 0) this.#draining.end();
    this.#closing ??= this.#close(drain);
    return this.#closing;
  }

  /** The signal of `serve` has been aborted. */
  handleEvent(): void {
    void this.close(0);
  }

  async #close(drain: number): Promise<void> {
    this.#settings.signal?.removeEventListener('abort', this);
    this.#onClose();
    for (const session of this.#served.keys()) {
      session.receiver.leave(this);
      session.receiver.refuseRequests();
      session.link.unwant(Want.PUSH);
    }
    this.#held.clear();
    if (drain > 0 && this.#jobs.size > 0) await this.#draining.wait(drain);
    const reason = new GipsError('the service was closed before it answered', { code: 'ERR_GIPS_CLOSED' });
    for (const job of this.#jobs) job.stop(reason);
    for (const session of this.#served.keys()) if (session.serving === this) session.serving = undefined;
    this.#served.clear();
  }

  #hold(session: Session): void {
    this.#held.add(session);
  }

  /** False if there is no room for more. */
  #takeAll(session: Session): boolean {
    const { receiver, sender } = session;
    while (receiver.isHeldBy(this)) {
      if (sender.isFull) {
        sender.awaitRoom();
        return true;
      }
      const isFull = this.pending >= this.#settings.maxPending;
      if (isFull && !receiver.isEmpty && !receiver.isRequestNext) {
        this.#hold(session);
        return false;
      }
      try {
        const message = receiver.next();
        if (message === undefined) break;
        if (isFull) this.#refuse(session, message);
        else this.#take(session, message);
      } catch (error) {
        this.#onError(session, error as Error);
      }
    }
    if (session.isOver && receiver.isEmpty) this.#forget(session);
    return true;
  }

  #refuse(session: Session, request: Message): void {
    request.discard();
    session.sendFailure(request.correlation, busy(`${this.pending} requests are pending already`));
  }

  #take(session: Session, message: Message): void {
    const { channel, requests } = this.#served.get(session) as Served;
    const isRequest = message.kind === Kind.REQUEST;
    if (isRequest && session.isOver) return message.discard();
    if (isRequest && requests.has(message.correlation)) {
      message.discard();
      return session.finish(violated(session));
    }
    const job = new Job(session, channel, message, (answered) => this.#onAnswered(answered, requests));
    this.#jobs.add(job);
    if (isRequest) requests.set(message.correlation, job);
    else session.activity?.begin(job);
    if (this.#direct + this.#queue.pending < this.#settings.concurrency && this.#queue.size === 0) return this.#runDirectly(job);
    this.#yield();
    void this.#queue.add(async () => this.#run(job));
  }

  #onAnswered(job: Job, requests: Map<number, Job>): void {
    this.#jobs.delete(job);
    if (job.isLater) this.#later -= 1;
    if (job.isRequest) {
      requests.delete(job.correlation);
      this.#times?.record(job.age);
    } else job.session.activity?.end(job);
    if (this.#jobs.size === 0 && this.#closing !== undefined) this.#draining.end();
    if (this.#held.size > 0) process.nextTick(() => this.#resume());
  }

  #runDirectly(job: Job): void {
    this.#direct += 1;
    const running = this.#run(job);
    if (running === undefined) this.#direct -= 1;
    else void running.then(() => this.#leave());
  }

  #leave(): void {
    this.#direct -= 1;
    if (this.#queue.size > 0) this.#yield();
  }

  /** Leaves the queue the places that are free. */
  #yield(): void {
    const places = this.#settings.concurrency - this.#direct;
    if (places === 0) return void this.#queue.pause();
    this.#queue.concurrency = places;
    this.#queue.start();
  }

  /** There may be room for what was held back. */
  #resume(): void {
    const [session] = this.#held;
    if (session !== undefined) this.flow(session);
  }

  /** A Promise of its end, if it has not ended at once. */
  #run(job: Job): Promise<void> | undefined {
    job.begin();
    if (job.isAnswered) return undefined;
    const { timeout } = this.#settings;
    job.limit(timeout, () => new GipsError(`the handler took longer than ${timeout} ms`, { code: 'ETIMEDOUT' }));
    try {
      const answer: unknown = this.#handler(job.request);
      if (answer instanceof Later) return this.#postpone(job, answer);
      if (isThenable(answer)) return this.#await(job, answer);
      job.answer(answer as Answer);
    } catch (error) {
      this.#fail(job, error);
    }
    return undefined;
  }

  #postpone(job: Job, later: Later): undefined {
    if (!job.isAnswered) {
      job.postpone();
      this.#later += 1;
    }
    void this.#await(job, later.answer);
    if (this.#held.size > 0) process.nextTick(() => this.#resume());
  }

  async #await(job: Job, answer: PromiseLike<Answer>): Promise<void> {
    try {
      job.answer(await answer);
    } catch (error) {
      this.#fail(job, error);
    }
  }

  #fail(job: Job, error: unknown): void {
    if (!job.isRequest && !job.isAnswered) this.#onError(job.session, error as Error);
    job.fail(error);
  }

  #forget(session: Session): void {
    this.#served.delete(session);
    session.host?.onEmptied(session);
  }
}

/** Serves one channel, for which there is no listener to do it. */
export function serveChannel(session: Session, channel: Channel, handler: Handler, settings: ServeSettings): Serving {
  session.host?.onUse();
  session.link.watch();
  const serving = new Serving(
    handler,
    settings,
    () => {},
    (failed, error) => {
      if (failed.events === undefined || !emitSafely(failed.events, 'error', error)) rethrow(error);
    },
  );
  serving.adopt(session, channel);
  return serving;
}

function isThenable(answer: unknown): answer is PromiseLike<Answer> {
  return typeof answer === 'object' && answer !== null && typeof (answer as { then?: unknown }).then === 'function';
}
