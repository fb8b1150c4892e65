import { Kind, NOTHING } from '../native/index.js';
import type { CallLimits } from '../validate.js';
import { Deadline } from './deadline.js';
import { untaken, vanished } from './endings.js';
import type { Session } from './session.js';
import type { Ending } from './taker.js';
import { throwIfAborted } from './waiter.js';

/** How this side leaves a channel in order: it sends what was accepted, says goodbye and closes. */
export class Closing {
  readonly #session: Session;
  #done: Promise<void> | undefined = undefined;
  #hasSaidGoodbye = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Rejects only for an aborted signal.
   * @param ending what calls fail with from now on
   */
  close(limits: CallLimits, ending: Ending): Promise<void> {
    this.#done ??= this.#close(limits, ending);
    return this.#done;
  }

  /** True once the OS has everything, the goodbye included. Throws when the peer has gone without what was accepted; a goodbye alone is no loss. */
  sayGoodbye(): boolean {
    const { link, sender, isRaw } = this.#session;
    let errno = link.native.flush();
    if (errno === 0 && sender.buffered === 0 && !this.#hasSaidGoodbye && !isRaw) {
      this.#hasSaidGoodbye = true;
      link.native.send(Kind.GOODBYE, NOTHING, 0);
      errno = link.native.flush();
    }
    if (errno < 0 && sender.buffered > 0) throw vanished(this.#session).error();
    sender.progress();
    return sender.buffered === 0;
  }

  /** Completes at once where nothing has to be waited for: without an event loop there is no later. */
  async #close({ signal, timeout }: CallLimits, ending: Ending): Promise<void> {
    const session = this.#session;
    const deadline = new Deadline(timeout);
    session.receiver.discard(ending);
    session.sender.close(ending);
    session.endRequests(ending);
    session.link.onClose?.();
    try {
      throwIfAborted({ signal });
      while (!session.isOver && !this.sayGoodbye()) {
        session.link.watchAlone();
        await session.sender.whenEmpty({ signal, timeout: deadline.remaining });
      }
      session.finish(ending, undefined);
    } catch {
      session.finish(ending, untaken(session));
    }
    session.release();
    session.host?.onEmptied(session);
    throwIfAborted({ signal });
  }
}
