/** What differs between platforms for tests, so that each difference has one place and a reason. */

export const isWindows = process.platform === 'win32';

/** How much more time everything may take here than on Linux: Windows is simulated, ten times slower where processes begin and talk. */
export const PATIENCE = isWindows ? 4 : 1;

/** For a test of what Windows has alone, or all others. */
export const testOnWindows = isWindows ? test : test.skip;
export const testOnPosix = isWindows ? test.skip : test;
export const describeOnWindows = isWindows ? describe : describe.skip;

/** Something that Windows, or its simulation, cannot be asked for: a test of it is reported there as skipped, with the reason. */
interface Exception {
  test: (name: string, body: jest.ProvidesCallback, ms?: number) => void;
  describe: (name: string, body: () => void) => void;
  /** Rows of a table for `test.each`, or none. */
  rows: <T>(...rows: T[]) => T[];
}

function exceptOnWindows(reason: string): Exception {
  if (!isWindows) return { test, describe, rows: (...rows) => rows };
  return {
    test: (name, body) => test.skip(`${name} (${reason})`, body),
    describe: (name, body) => describe.skip(`${name} (${reason})`, body),
    rows: () => [],
  };
}

/** Services whose names are paths. */
export const socketFiles = exceptOnWindows('Windows: services are no files');
/** Descriptors of sockets and pipes: Windows has none that could be polled. */
export const polledDescriptors = exceptOnWindows('Windows: no descriptor can be polled');
/** SIGSTOP, SIGTERM with a handler, and the like: on Windows they all end a process at once. */
export const signals = exceptOnWindows('Windows: signals end a process');
/** Limits on descriptors. */
export const descriptorLimits = exceptOnWindows('Windows: a process has no limit of descriptors');
/** Listening handles for other processes. */
export const sharedListeners = exceptOnWindows('Windows: a listener belongs to one process');
/** What /proc tells of other processes, and nothing else. */
export const procfs = exceptOnWindows('Windows: no /proc');
/** Pipelines, and the other things that only a POSIX shell does. */
export const posixShell = exceptOnWindows('Windows: no POSIX shell');
/** What test/programs/windows/bare-peer.cc leaves to the library: to pass handles. */
export const bareObjects = exceptOnWindows('Windows: the bare peer passes no handles');
/** An end of which one direction is closed. */
export const halfClosed = exceptOnWindows('Windows: a pipe is closed in both directions');
/** Memory that two processes share for their large messages. */
export const sharedMemory = exceptOnWindows('Windows: large messages go in packets');
/** Room in what the system keeps for a late reader, which only a process's last words may take. */
export const reservedRoom = exceptOnWindows('Windows: a pipe has no room that could be kept');

/** How many handles Node may open of its own meanwhile: Windows does not tell whose they are. */
export const OTHER_HANDLES = isWindows ? 10 : 0;
