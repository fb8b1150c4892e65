/**
 * What cannot run on Windows, simulated by Wine, and why: all other tests are the same on both. Single tests that are left out of suites say so themselves: see test/support/platform.ts.
 * @type {Record<string, string>}
 */
export const LEFT_OUT = {
  'cli/observe': '`gips ls` and `gips inspect` read /proc, which only Linux has',
  'docs/': 'checks the pages, which are the same everywhere',
  'faults/': 'has system calls fail by LD_PRELOAD',
  'house/': 'checks the sources, which are the same everywhere; test/windows/leaks is there instead',
  'core/ring': 'rings are on Linux',
  'ipc/activation': 'systemd is on Linux',
  'ipc/exhaustion': 'there is no limit on the handles of a process that one could reach',
  'ipc/hostile-pool': 'large messages come in packets there, not in shared memory',
  'ipc/ring': 'rings are on Linux',
  'ipc/sockets-passed': 'sockets cannot be passed there, as Node does not tell their handles: test/ipc/handles-passed shows what is said',
  'ipc/share-listener': 'a listener belongs to one process there, and says so: test/ipc/policy-windows',
  'ipc/socket-file': 'services that are files are POSIX',
  'poll/signals': 'there are no signals that interrupt a system call',
};
