/** How a channel can end, and what its user is told. */
import { closedError, GipsError, systemError, unsupportedError } from '../errors.js';
import { errnoOf } from '../native/index.js';
import { Reason } from './greeting.js';
import type { Ending } from './taker.js';

/** What an ending happened to: its name in messages, and the service's. */
export interface Subject {
  readonly what: string;
  readonly address: string;
}

/** The peer has said goodbye. */
export function goodbye({ what, address }: Subject): Ending {
  return {
    error: () =>
      new GipsError(`${what} has ended: the peer said goodbye; connect again`, { code: 'EPIPE', errno: errnoOf('EPIPE'), address }),
    isOrderly: true,
  };
}

/** The peer is gone without a goodbye. */
export function vanished({ what, address }: Subject): Ending {
  return {
    error: () =>
      new GipsError(
        `${what} has ended: the peer vanished without a goodbye (a crash or a kill); connect again, and send again what it may not have taken`,
        {
          code: 'ECONNRESET',
          errno: errnoOf('ECONNRESET'),
          address,
        },
      ),
    isOrderly: false,
  };
}

/** The peer did not answer in time, though it did not close its end. */
export function silent({ what, address }: Subject, ms: number): Ending {
  return {
    error: () =>
      new GipsError(
        `${what} has ended: the peer did not answer for ${ms} ms (it is stopped, or its thread is busy); connect again, and send again what it may not have taken`,
        { code: 'ECONNRESET', errno: errnoOf('ECONNRESET'), address },
      ),
    isOrderly: false,
  };
}

/** What a channel's own end turns into when the peer had not taken everything. */
export function untaken({ what, address }: Subject): GipsError {
  return new GipsError(`${what} has ended before the peer took everything that was sent; connect again, and send again what matters`, {
    code: 'ECONNRESET',
    errno: errnoOf('ECONNRESET'),
    address,
  });
}

/** What a channel's own end turns into when a broadcast asks for the end of slow clients. */
export function tooSlow({ what, address }: Subject, buffered: number): GipsError {
  return new GipsError(
    `${what} has ended: ${buffered} bytes waited to be sent when the next broadcast came, which disconnects slow clients; have the client read faster, or broadcast with another policy`,
    { code: 'ENOBUFS', errno: errnoOf('ENOBUFS'), address },
  );
}

/** The peer broke the protocol. */
export function violated({ what, address }: Subject): Ending {
  return {
    error: () =>
      new GipsError(`${what} has ended: the peer broke the wire protocol; check that both sides speak gips`, {
        code: 'EBADMSG',
        errno: errnoOf('EBADMSG'),
        address,
      }),
    isOrderly: false,
  };
}

/** There was no memory for what the peer has sent. */
export function outOfMemory(errno: number, { what, address }: Subject): Ending {
  return { error: () => systemError(errno, 'malloc', `receive from ${what}`, address), isOrderly: false };
}

/** This side has closed the channel. */
export function closed({ what, address }: Subject): Ending {
  return { error: () => closedError(what, address), isOrderly: true, isOwn: true };
}

/** This side has closed the channel, because neither side used it. Its user has not, so answers that come too late are no errors. */
export function idle({ what, address }: Subject, ms: number): Ending {
  return {
    error: () =>
      new GipsError(
        `${what} has ended: neither side had sent anything for ${ms} ms, so it was closed; raise idleTimeout if clients are to stay`,
        { code: 'ERR_GIPS_CLOSED', address },
      ),
    isOrderly: true,
  };
}

/** The server took an inspector for an ordinary client. */
export function untold({ address }: Subject): Ending {
  const message = `inspect "${address}": it does not tell its statistics; it uses another version of gips, which is to be updated`;
  return { error: () => unsupportedError(message), isOrderly: false };
}

/** The server did not admit this client. */
export function refused(reason: Reason, { what, address }: Subject): Ending {
  return { error: () => refusal(reason, what, address), isOrderly: false };
}

function refusal(reason: Reason, what: string, address: string): GipsError {
  switch (reason) {
    case Reason.POLICY:
      return new GipsError(`connect to "${address}": the server's policy refuses this process; run as a user it admits`, {
        code: 'EACCES',
        address,
      });
    case Reason.TOO_MANY_CONNECTIONS:
      return new GipsError(`connect to "${address}": the server has as many connections as it takes; try again later`, {
        code: 'EAGAIN',
        address,
      });
    case Reason.NO_COMMON_VERSION:
      return unsupportedError(
        `connect to "${address}": the server speaks no version of the protocol that ${what} speaks; update the older side`,
      );
  }
}
