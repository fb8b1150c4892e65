import { readFileSync } from 'node:fs';

import { Shm } from 'gips';
import { keep } from './keep.js';
import { regionName } from './names.js';
import { isWindows } from './platform.js';
import { windowsFacts } from './windows-facts.js';

/** A region with a name, which is closed and loses it when the test is over. */
export function createNamed(size = 4096): Shm & { name: string } {
  const shm = Shm.create(regionName(), size);
  keep({
    close: () => {
      Shm.open(shm.name!).unlink();
      shm.close();
    },
  });
  return shm as Shm & { name: string };
}

/** How many views of regions without a name this process has. */
export function mappedRegions(): number {
  if (!isWindows) return readFileSync('/proc/self/maps', 'latin1').split('/memfd:gips-shm').length - 1;
  return windowsFacts()
    .mappings()
    .filter(([, , , isRegion]) => isRegion).length;
}
