/** Messages between processes: listeners, endpoints, and what travels between them. */
export { GipsError } from '../errors.js';
export type { Payload } from '../validate.js';
export type { BroadcastOptions } from './broadcast.js';
export { Channel } from './channel.js';
export { Connection } from './connection.js';
export { Credentials } from './credentials.js';
export type {
  ChannelTrace,
  CloseTrace,
  DiagnosticsEvents,
  ListenerTrace,
  MessageTrace,
  OpenTrace,
  RejectionTrace,
  RequestTrace,
  SpinTrace,
} from './diagnostics.js';
export { Endpoint } from './endpoint.js';
export type { ChannelEvents, ListenerEvents, ReconnectingEvents } from './events.js';
export type { Answer, Handler, ServeOptions } from './handler.js';
export { IncomingRequest } from './incoming-request.js';
export { IpcObject, type Objects } from './ipc-object.js';
export { Listener } from './listener.js';
export { setLogger, type Logger } from './logging.js';
export { Message } from './message.js';
export type { CallOptions, ConnectOptions, KeepAlive, ListenerCloseOptions, ListenerOptions, SendOptions } from './options.js';
export { notifySystemd, type SystemdState } from './notify-systemd.js';
export { Pod } from './pod.js';
export { Policy, type CredentialValidator } from './policy.js';
export type { Backoff } from './reconnecting-backoff.js';
export {
  ReconnectingEndpoint,
  type ReconnectingOptions,
  type ReconnectingRequestOptions,
  type ReconnectingStats,
} from './reconnecting-endpoint.js';
export { Service } from './service.js';
export { ServiceDescriptor } from './service-descriptor.js';
export type { ChannelStats, Counts, Depths, ListenerStats } from './stats.js';
