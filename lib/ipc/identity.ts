/** Asking a policy about the process at the other end. */
import { GipsError, systemError } from '../errors.js';
import { native, type NativeChannel, type NativeDescriptor } from '../native/index.js';
import { Credentials } from './credentials.js';
import type { Policy } from './policy.js';

/** Who is at the other end. */
export function credentialsOf(channel: NativeChannel, attempted: string, address: string): Credentials {
  const credentials = channel.credentials();
  if (typeof credentials === 'number') {
    throw systemError(credentials, 'getsockopt', `${attempted}, and learn who is at the other end`, address);
  }
  return Credentials.from(credentials);
}

/** Rejects with `EACCES` unless `policy` admits the peer. */
export async function check(policy: Policy, channel: NativeChannel, credentials: Credentials): Promise<void> {
  const peer = processOf(policy, channel);
  try {
    await policy.check(credentials);
    if (peer !== undefined) requireAlive(peer, credentials, policy.service);
  } finally {
    peer?.close();
  }
}

/** As `check`, at once. */
export function checkSync(policy: Policy, channel: NativeChannel, credentials: Credentials): void {
  const peer = processOf(policy, channel);
  try {
    policy.checkSync(credentials);
    if (peer !== undefined) requireAlive(peer, credentials, policy.service);
  } finally {
    peer?.close();
  }
}

/**
 * A validator may look the process up by its number, which is reused once the process has exited: hence this hold on the process itself, where the kernel has one.
 */
function processOf(policy: Policy, channel: NativeChannel): NativeDescriptor | undefined {
  if (!policy.hasValidator) return undefined;
  const peer = channel.peerProcess();
  return typeof peer === 'number' ? undefined : peer;
}

function requireAlive(peer: NativeDescriptor, { pid }: Credentials, address: string | undefined): void {
  if (!native.processExited(peer)) return;
  throw new GipsError(
    `process ${pid} exited while the policy's validators looked at it, so what they saw may have been another one; try again`,
    {
      code: 'EACCES',
      address,
    },
  );
}
