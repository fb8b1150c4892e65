/** Where the native side calls in from the event loop: installed once per environment. */
import { native, type NativeDescriptor } from '../native/index.js';

/** Who owns a native channel. */
export interface ChannelOwner {
  /** The parts of a `NativeBatch`. */
  onBatch(count: number, end: number, buffers: ArrayBuffer[], objects: NativeDescriptor[]): void;
  /** @param errno negative if the socket failed while sending */
  onWritable(errno: number): void;
}

/** Who owns a native acceptor. */
export interface AcceptorOwner {
  onAcceptable(): void;
}

native.setDispatch(
  (owner, count, end, buffers, objects) => (owner as ChannelOwner).onBatch(count, end, buffers, objects),
  (owner, errno) => (owner as ChannelOwner).onWritable(errno),
  (owner) => (owner as AcceptorOwner).onAcceptable(),
);
