/** A listener behind its public face: its clients, how they are consumed, and who drives it. */
import type { EventEmitter } from 'eventemitter3';
import { busyError, closedError } from '../errors.js';
import type { NativeAcceptor, NativeChannel } from '../native/index.js';
import { Accepting, type AcceptingHost } from './accepting.js';
import { Admission, type AdmissionHost } from './admission.js';
import { Admissions } from './admissions.js';
import { Arrivals } from './arrivals.js';
import { createConnection, type Connection } from './connection.js';
import './dispatch.js';
import type { ListenerEvents } from './events.js';
import { READABLE, WRITABLE } from './link.js';
import { keep, release, type OpenHandle } from './open-handles.js';
import type { ListenerSettings } from './options.js';
import { Pods } from './pods.js';
import type { Policy } from './policy.js';
import { emitSafely } from './rethrow.js';
import { Selection } from './selection.js';
import type { Session } from './session.js';
import { ChannelCounters, type ListenerStats } from './stats.js';

/** The ways to consume a listener. */
export type Use = 'pods' | 'connections';

const USES = { pods: 'pods (accept, tryAccept, acceptSync, for await)', connections: 'connections' } as const;

export class Host implements AcceptingHost, AdmissionHost, OpenHandle {
  readonly what: string;
  readonly address: string;
  readonly policy: Policy;
  readonly settings: ListenerSettings;
  readonly pods: Pods;
  readonly arrivals: Arrivals;
  readonly drive: HostDrive;
  /** Where events go. */
  events: EventEmitter<ListenerEvents> | undefined = undefined;
  readonly #accepting: Accepting;
  readonly #admissions = new Admissions();
  /** Connections that are open, or whose messages may still become pods. */
  readonly #connections = new Map<Session, Connection>();
  readonly #counters = new ListenerCounters();
  #use: Use | undefined = undefined;
  #closing: Promise<void> | undefined = undefined;
