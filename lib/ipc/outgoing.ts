/** What callers of `send` pass in, and why it may not be sent. */
import { GipsError } from '../errors.js';
import type { NativeDescriptor } from '../native/index.js';
import { validateObject } from '../validate.js';
import type { Subject } from './endings.js';
import { descriptorsOf } from './ipc-object.js';

/** The descriptors of `options.objects`, if there are any, for a message to `subject`. */
export function validateObjects(options: unknown, subject: Subject): readonly NativeDescriptor[] | undefined {
  const objects = options === undefined ? undefined : validateObject(options, 'options').objects;
  return objects === undefined ? undefined : descriptorsOf(objects, subject);
}

export function tooLarge({ what, address }: Subject, size: number, max: number): GipsError {
  const message = `send to ${what}: ${size} bytes are more than the ${max} both sides take; send less at once, or raise maxMessageSize on both sides`;
  return new GipsError(message, { code: 'EMSGSIZE', address });
}

export function queueFull({ what, address }: Subject, buffered: number): GipsError {
  const message = `send to ${what}: ${buffered} bytes wait to be sent already; wait for the Promises of send()`;
  return new GipsError(message, { code: 'ENOBUFS', address });
}
