import { openSync } from 'node:fs';
import { wrap } from '#lib/ipc/ipc-object.js';
import { Message, NO_OBJECTS } from '#lib/ipc/message.js';
import { Kind, native } from '#lib/native/index.js';
import { errorLike } from '../support/errors.js';

function messageOf(text: string): Message {
  const slab = new TextEncoder().encode(`before${text}behind`);
  return Message.create(slab.buffer, 6, slab.length - 12, NO_OBJECTS, Kind.MESSAGE, 0);
}

test('its payload is a Buffer on the received bytes, the same at each look', () => {
  const slab = new Uint8Array([1, 2, 3, 4]).buffer;
  const message = Message.create(slab, 1, 2, NO_OBJECTS, Kind.MESSAGE, 0);
  expect(message.payload).toBeInstanceOf(Buffer);
  expect([...message.payload]).toEqual([2, 3]);
  expect(message.payload.buffer).toBe(slab);
  expect(message.payload).toBe(message.payload);
});

test('an empty payload is an empty Buffer', () => {
  const message = Message.create(undefined, 0, 0, NO_OBJECTS, Kind.MESSAGE, 0);
  expect(message.payload).toEqual(Buffer.alloc(0));
  expect(message.text()).toBe('');
});

test('is read as text or JSON', () => {
  expect(messageOf('grüß €😀').text()).toBe('grüß €😀');
  expect(messageOf('{"a":[1,2]}').json<{ a: number[] }>()).toEqual({ a: [1, 2] });
  expect(() => messageOf('{').json()).toThrow(SyntaxError);
});

test('without objects it has an empty list that cannot be changed', () => {
  const { objects } = messageOf('x');
  expect(objects).toEqual([]);
  expect(Object.isFrozen(objects)).toBe(true);
});

test('costs its bytes, 64, and 4096 for each object', () => {
  expect(messageOf('').cost).toBe(64);
  expect(messageOf('12345').cost).toBe(69);
  const objects = [1, 2].map(() => wrap(native.adopt(openSync('/dev/null', 'r'))));
  const message = Message.create(new ArrayBuffer(10), 0, 10, objects, Kind.MESSAGE, 0);
  expect(message.cost).toBe(64 + 10 + 2 * 4096);
  message.discard();
});

test('closes its objects when discarded, also those already closed', () => {
  const objects = [1, 2].map(() => wrap(native.adopt(openSync('/dev/null', 'r'))));
  objects[0]?.close();
  Message.create(undefined, 0, 0, objects, Kind.MESSAGE, 0).discard();
  for (const object of objects) expect(() => object.fd).toThrow(errorLike({ code: 'ERR_GIPS_CLOSED' }));
});
