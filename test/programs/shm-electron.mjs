/** Uses regions where buffers over foreign memory are forbidden. The library is at `argument.index`. Fails if anything is not as it should be. */
import assert from 'node:assert';
import { argument, say } from './talk.mjs';

const { Shm } = await import(argument.index);
const isUnsupported = { name: 'GipsError', code: 'ERR_GIPS_UNSUPPORTED' };

const shm = Shm.create(null, { size: 100, maxSize: 200 });
assert.throws(() => shm.bytes, isUnsupported);
assert.throws(() => shm.view(Int32Array), isUnsupported);
assert.strictEqual(shm.write('copied', 96), 4);
const copy = shm.read(96);
assert.strictEqual(copy.toString(), 'copi');
copy.fill(0);
assert.strictEqual(shm.read(96, 2).toString(), 'co');
assert.strictEqual(shm.read(100).length, 0);
assert.strictEqual(shm.read(0, 0).length, 0);
const other = shm.toObject().toShm();
assert.strictEqual(shm.resize(200), 200);
other.remap();
shm.write('grown', 190);
assert.strictEqual(other.read(190, 5).toString(), 'grown');
const kept = other.read(190, 5);
for (const each of [shm, other]) {
  each.close();
  assert.throws(() => each.read(), { code: 'ERR_GIPS_CLOSED' });
  assert.throws(() => each.bytes, { code: 'ERR_GIPS_CLOSED' });
  assert.throws(() => each.write('x'), { code: 'ERR_GIPS_CLOSED' });
}
assert.strictEqual(kept.toString(), 'grown');
say('done');
