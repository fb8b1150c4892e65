import { constants } from 'node:os';
import { startFaulty } from '../support/faults.js';
import { regionName } from '../support/names.js';

const { ENOMEM, ENOSPC, EMFILE, ENFILE } = constants.errno;
const shortage = (errno: number): string => `GipsError EAGAIN ${-errno}`;

const CASES: [act: string, faults: string, outcome: string][] = [
  ['create', 'memfd_create:EMFILE:at=1', shortage(EMFILE)],
  ['create', 'memfd_create:ENFILE:at=1', shortage(ENFILE)],
  ['create', 'ftruncate:ENOMEM:at=1', shortage(ENOMEM)],
  ['create', 'fallocate:ENOSPC:at=1', shortage(ENOSPC)],
  ['create', 'mmap:ENOMEM:at=1', shortage(ENOMEM)],
  ['create with a name', 'ftruncate:ENOSPC:at=1', shortage(ENOSPC)],
  ['create with a name', 'fallocate:ENOSPC:at=1', shortage(ENOSPC)],
  ['create with a name', 'mmap:ENOMEM:at=1', shortage(ENOMEM)],
  ['create with a name', 'linkat:ENOSPC:at=1', shortage(ENOSPC)],
  ['from', 'mmap:ENOMEM:at=1', shortage(ENOMEM)],
  // An older kernel does not know that memory may be kept from being executed.
  ['create', 'memfd_create:EINVAL:at=1', 'done'],
  ['create', 'fallocate:EINTR:first=3', 'done'],
];

test('a lack of memory or descriptors is an error that leaves nothing behind', async () => {
  const cases = CASES.map(([act, faults]) => [act, faults]);
  const program = startFaulty('shm-under-faults', { argument: { cases, name: regionName() } });
  for (const [act, faults, expected] of CASES) {
    const [outcome, left] = await program.next<[string, string[]]>('outcome');
    expect({ act, faults, outcome, left }).toEqual({ act, faults, outcome: expected, left: [] });
  }
  await program.finish();
});
