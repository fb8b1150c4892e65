import { invalidArgValue, systemError, unsupportedError } from '../errors.js';
import { native } from '../native/index.js';
import { validateObject, validateString } from '../validate.js';

/** What a service manager is told, see sd_notify(3): `{ READY: 1, STATUS: 'serving' }`. */
export type SystemdState = Readonly<Record<string, string | number>>;

/**
 * Tells the service manager that started this process how it is: systemd's sd_notify(3), for units with `Type=notify`. Never waits.
 *
 *     const listener = await Listener.fromActivation();
 *     notifySystemd({ READY: 1 });
 * @param state assignments, or the text they stand for: `READY=1`, one assignment a line
 * @returns false, and nothing was done, if nobody wants to be told: `NOTIFY_SOCKET` is not set
 * @throws GipsError what sending fails with: `EAGAIN` if the manager is behind with reading, `ENOENT` and `ECONNREFUSED` if it is gone, `EMSGSIZE`;
 *   `ERR_GIPS_UNSUPPORTED` if `NOTIFY_SOCKET` is no Unix socket
 */
export function notifySystemd(state: SystemdState | string): boolean {
  const text = typeof state === 'string' ? validateText(state) : textOf(validateObject(state, 'state'));
  const { NOTIFY_SOCKET: address = '' } = process.env;
  if (address === '') return false;
  const attempted = `notify the service manager at "${address}"`;
  if (!/^[/@]/.test(address)) {
    throw unsupportedError(`${attempted}: NOTIFY_SOCKET is neither a path nor an abstract name; start the service on this machine`);
  }
  const errno = native.sendDatagram(Buffer.from(address.replace(/^@/, '\0')), Buffer.from(text));
  if (errno < 0) throw systemError(errno, 'sendmsg', attempted, address);
  return true;
}

function validateText(text: string): string {
  if (text === '') throw invalidArgValue('state', text, 'must not be empty');
  return text;
}

function textOf(state: Record<string, unknown>): string {
  const lines = Object.entries(state).map(([name, value]) => `${validateVariable(name)}=${validateValue(value, `state.${name}`)}`);
  return validateText(lines.join('\n'));
}

function validateVariable(name: string): string {
  if (/^[A-Z][A-Z0-9_]*$/.test(name)) return name;
  throw invalidArgValue('state', name, 'must consist of names in capital letters');
}

/** A second line would be a second assignment. */
function validateValue(value: unknown, name: string): string {
  const text = typeof value === 'number' ? String(value) : validateString(value, name);
  if (text.includes('\n')) throw invalidArgValue(name, text, 'must be a single line');
  return text;
}
