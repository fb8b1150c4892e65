/** Uses a region that is closed in every way, with garbage collected between all steps. Fails, or crashes, if a use does not fail or find nothing. */
import assert from 'node:assert';
import { IpcObject, Shm } from '../../dist/index.js';
import { collectUntil, leftovers } from './shm-leftovers.mjs';
import { argument, say } from './talk.mjs';

const isClosed = { code: 'ERR_GIPS_CLOSED' };
const collect = argument.collects ? () => globalThis.gc() : () => {};

const steps = [
  (shm) => assert.throws(() => shm.bytes, isClosed),
  (shm) => assert.throws(() => shm.view(Int32Array), isClosed),
  (shm) => assert.throws(() => shm.read(), isClosed),
  (shm) => assert.throws(() => shm.read(5000), isClosed),
  (shm) => assert.throws(() => shm.write('x'), isClosed),
  (shm) => assert.throws(() => shm.write('x', 5000), isClosed),
  (shm) => assert.throws(() => shm.resize(5), isClosed),
  (shm) => assert.throws(() => shm.remap(), isClosed),
  (shm) => assert.throws(() => shm.toObject(), isClosed),
  (shm) => assert.throws(() => IpcObject.from(shm), isClosed),
  (shm) => assert.throws(() => shm.unlink(), isClosed),
  (shm) => assert.throws(() => shm.size, isClosed),
  (shm) => assert.throws(() => shm.maxSize, isClosed),
  (shm) => assert.throws(() => shm.header, isClosed),
  (shm) => assert.strictEqual(shm.name, null),
  (shm) => shm.close(),
  (shm) => shm[Symbol.dispose](),
  (shm, { bytes }) => assert.strictEqual(bytes.length, 0),
  (shm, { bytes }) => assert.strictEqual(bytes[0], undefined),
  (shm, { bytes }) => void (bytes[0] = 1),
  (shm, { bytes }) => assert.throws(() => bytes.set([1]), TypeError),
  (shm, { bytes }) => assert.throws(() => bytes.fill(1), TypeError),
  (shm, { numbers }) => assert.strictEqual(numbers.length, 0),
  (shm, { numbers }) => assert.throws(() => Atomics.add(numbers, 0, 1)),
  (shm, { part }) => assert.strictEqual(part.length, 0),
  (shm, { part }) => assert.strictEqual(part.toString(), ''),
  (shm, { part }) => assert.strictEqual(Buffer.from(part).length, 0),
  (shm, { part }) => assert.throws(() => part.writeInt32LE(1, 0)),
  (shm, { part }) => assert.throws(() => part.readInt32LE(0)),
  (shm, { view }) => assert.throws(() => view.getInt8(0), TypeError),
  (shm, { view }) => assert.throws(() => new Uint8Array(view.buffer), TypeError),
];

for (let i = 0; i < steps.length; i += 1) {
  // Each step is once the first after the close, and so meets the region in the state in which that has left it.
  const shm = Shm.create(null, 4096);
  const views = { bytes: shm.bytes, numbers: shm.view(Int32Array), part: shm.read(5, 50), view: new DataView(shm.bytes.buffer) };
  collect();
  shm.close();
  collect();
  for (let j = 0; j < steps.length; j += 1) {
    steps[(i + j) % steps.length](shm, views);
    collect();
  }
}

closeInTheMiddle();
collect();
assert(!argument.collects || (await collectUntil(() => leftovers().length === 0)), leftovers().join('\n'));
say('done');

/** Code of the user that runs within a call, and closes the region there. */
function closeInTheMiddle() {
  const closing = (call) => {
    const shm = Shm.create(null, 100);
    call(shm, () => {
      shm.close();
      collect();
    });
  };
  closing((shm, close) => {
    class Sly extends Uint8Array {
      get byteLength() {
        close();
        return 8;
      }
      get length() {
        close();
        return 8;
      }
    }
    try {
      shm.write(new Sly(8));
    } catch (error) {
      assert.strictEqual(error.code, 'ERR_GIPS_CLOSED');
    }
  });
  closing((shm, close) => {
    const type = class extends Int32Array {
      static get BYTES_PER_ELEMENT() {
        close();
        return 4;
      }
    };
    assert.throws(() => shm.view(type), isClosed);
  });
  closing((shm, close) => {
    const type = class extends Int32Array {
      constructor(...args) {
        close();
        super(...args);
      }
    };
    assert.throws(() => shm.view(type), TypeError);
  });
  closing((shm, close) => {
    const size = {
      get size() {
        close();
        return 5;
      },
      maxSize: 6,
    };
    Shm.create(null, size).close();
  });
  // Its own bytes, which are gone when they are to be written.
  closing((shm, close) => {
    const own = shm.read();
    close();
    assert.throws(() => shm.write(own));
  });
  // The bytes of another region that was closed.
  closing((shm) => {
    const other = Shm.create(null, 100);
    const { bytes } = other;
    other.close();
    assert.throws(() => shm.write(bytes), { code: 'ERR_INVALID_ARG_VALUE' });
  });
}
