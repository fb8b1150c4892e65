/** Users and groups, as this platform calls them: by numbers, or on Windows by SIDs. */
import { Credentials } from 'gips';

import { isWindows } from './platform.js';

export { describeOnWindows, testOnPosix, testOnWindows } from './platform.js';

/** The id of a made-up user, as a policy takes it. */
export function userId(number: number): string | number {
  return isWindows ? `S-1-5-21-1-2-3-${number}` : number;
}

/** The id of a made-up group, as a policy takes it. */
export function groupId(number: number): string | number {
  return isWindows ? `S-1-5-21-3-2-1-${number}` : number;
}

/** A user, and a group, that are privileged wherever they are, and have names. */
export const ROOT = isWindows
  ? { uid: 'S-1-5-18', user: 'SYSTEM', gid: 'S-1-5-32-544', group: 'Administrators' }
  : { uid: '0', user: 'root', gid: '0', group: 'root' };

const own = Credentials.currentProcess();

/** Whom this process runs as. */
export const SELF = { uid: own.uid, gid: own.gids[0]!, isPrivileged: own.isPrivileged };
