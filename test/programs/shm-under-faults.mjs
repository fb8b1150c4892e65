/** Makes regions while its system calls fail as told. Says for each fault what came of it, and what is left. */
import { Shm } from '../../dist/index.js';
import { leftovers } from './shm-leftovers.mjs';
import { argument, say } from './talk.mjs';

const acts = {
  create: () => Shm.create(null, 5000),
  'create with a name': () => Shm.create(argument.name, 5000),
  from: (object) => object.toShm(),
};

for (const [act, faults] of argument.cases) {
  const source = act === 'from' ? Shm.create(null, 5000) : undefined;
  const object = source?.toObject();
  process.env.FAULTS = faults;
  const outcome = outcomeOf(() => acts[act](object));
  process.env.FAULTS = '';
  // A failure leaves the object as it was.
  if (outcome !== 'done') object?.toShm().close();
  source?.close();
  say('outcome', [outcome, leftovers()]);
}

function outcomeOf(call) {
  try {
    const shm = call();
    shm.write('x', 4999);
    shm.unlink();
    shm.close();
    return 'done';
  } catch ({ name, code, errno }) {
    return `${name} ${code} ${errno}`;
  }
}
