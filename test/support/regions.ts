import { Shm } from 'gips';
import { keep } from './keep.js';
import { regionName } from './names.js';

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
