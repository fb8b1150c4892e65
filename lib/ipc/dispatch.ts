/** Where the native side calls in from the event loop: installed once per environment. */
import { native, type NativeBatch } from '../native/index.js';

/** Who owns a native channel. */
export interface ChannelOwner {
  onBatch(batch: NativeBatch): void;
  /** @param errno negative if the socket failed while sending */
  onWritable(errno: number): void;
}

/** Who owns a native acceptor. */
export interface AcceptorOwner {
  onAcceptable(): void;
}

native.setDispatch(
  (owner, batch) => (owner as ChannelOwner).onBatch(batch),
  (owner, errno) => (owner as ChannelOwner).onWritable(errno),
  (owner) => (owner as AcceptorOwner).onAcceptable(),
);
