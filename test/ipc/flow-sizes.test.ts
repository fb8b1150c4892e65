import { Endpoint } from 'gips';
import { stamped } from '../programs/stamped.mjs';
import { serviceName } from '../support/names.js';
import { start } from '../support/processes.js';
import { sendBuffer } from '../support/send-buffer.js';

const KIB = 1024;
const MIB = 1024 * KIB;

let echo: Endpoint;

/** What comes back when `payload` went to another process. */
async function echoOf(payload: string | ArrayBuffer | ArrayBufferView): Promise<Buffer> {
  await echo.send(payload);
  return (await echo.recv()).payload;
}

beforeAll(async () => {
  const name = serviceName();
  await start('echo-server', { argument: { name } }).next('listening');
  echo = await Endpoint.connect(name);
});
afterAll(() => echo.close());

function around(size: number): number[] {
  return [size - 1, size, size + 1];
}

test.each([
  { boundary: 'empty', sizes: [0, 1] },
  { boundary: "a frame's header", sizes: around(16) },
  { boundary: 'memory that small payloads share', sizes: [...around(1 * KIB), ...around(4 * KIB), ...around(8 * KIB)] },
  { boundary: 'what leaves without a copy', sizes: around(16 * KIB) },
  { boundary: "a fragment's payload beside its prefix", sizes: around(64 * KIB - 8) },
  { boundary: "a frame's payload", sizes: around(64 * KIB) },
  { boundary: 'two fragments', sizes: [...around(128 * KIB - 8), ...around(128 * KIB)] },
  { boundary: 'the first memory of a large message', sizes: around(256 * KIB) },
  { boundary: "half the socket's send buffer", sizes: around(sendBuffer() / 2) },
  { boundary: "the socket's send buffer less what the kernel keeps", sizes: around(sendBuffer() - 32) },
  { boundary: "the socket's send buffer", sizes: around(sendBuffer()) },
  { boundary: 'the high-water mark', sizes: [...around(MIB - 64), ...around(MIB)] },
  { boundary: 'the largest message', sizes: [64 * MIB - 1, 64 * MIB] },
])('payloads of $sizes bytes, around $boundary, go through both ways', async ({ sizes }) => {
  for (const size of sizes) {
    const payload = size < 8 ? Buffer.alloc(size, 'x') : stamped(size, size);
    const answer = await echoOf(payload);
    expect(answer.length).toBe(size);
    expect(answer.equals(payload)).toBe(true);
  }
});

test('payloads of all these sizes sent together keep their order', async () => {
  const sizes = [16, 4, 17, 64, 65_536, 1, 65_537, 300_000, 4096, 4097, 16_384, 8, 131_065, 12, 1_000_000, 15].map((size) => size + 8);
  const payloads = [...sizes, ...sizes.reverse()].map((size, number) => stamped(number, size));
  const sent = Promise.all(payloads.map((payload) => echo.send(payload)));
  for (const payload of payloads) expect((await echo.recv()).payload.equals(payload)).toBe(true);
  await sent;
});

describe('a string', () => {
  const characters = [
    { character: 'x', bytes: 1 },
    { character: 'é', bytes: 2 },
    { character: '€', bytes: 3 },
    { character: '😀', bytes: 4 },
  ];

  test.each(characters)(
    'of $character, $bytes bytes each in UTF-8, goes through at every size around 64 KiB',
    async ({ character, bytes }) => {
      const repeated = character.repeat(Math.floor((64 * KIB - 16) / bytes));
      for (let more = 0; more < 24; more += 1) {
        const text = 'y'.repeat(more) + repeated;
        const answer = await echoOf(text);
        expect(answer.length).toBe(Buffer.byteLength(text));
        expect(answer.toString() === text).toBe(true);
      }
    },
  );

  test.each(characters)('of $character goes through at every size from 0 to 40 characters', async ({ character }) => {
    for (let length = 0; length <= 40; length += 1)
      expect((await echoOf(character.repeat(length))).toString()).toBe(character.repeat(length));
  });

  test('of a few MiB goes through', async () => {
    const text = 'Größe, 大小, розмір, 😀. '.repeat(100_000);
    expect((await echoOf(text)).toString() === text).toBe(true);
  });

  test('keeps its NUL characters', async () => {
    expect((await echoOf('\0a\0\0b\0')).toString()).toBe('\0a\0\0b\0');
  });

  test.each([10, 64 * KIB, 200 * KIB])('arrives with U+FFFD for a lone surrogate among %d characters', async (length) => {
    const half = 'x'.repeat(length / 2);
    expect((await echoOf(`${half}\ud800${half}`)).toString() === `${half}\ufffd${half}`).toBe(true);
  });

  test('that was cut out of another one or put together of others is itself', async () => {
    const long = 'one two three four five six seven eight nine ten'.repeat(100);
    const parts = [long.slice(13, 40), `${long.slice(0, 3)}${long}`, long.repeat(30)];
    for (const part of parts) expect((await echoOf(part)).toString() === part).toBe(true);
  });
});

describe.each([40, 5000, 64 * KIB, 200 * KIB])('of a buffer of %d bytes', (size) => {
  const bytes = stamped(7, size);
  const memory = new Uint8Array(bytes).buffer;
  const shared = new SharedArrayBuffer(size);
  new Uint8Array(shared).set(bytes);

  test.each([
    { what: 'the ArrayBuffer itself', payload: memory, expected: bytes },
    { what: 'a Uint8Array', payload: new Uint8Array(memory), expected: bytes },
    { what: 'a subarray', payload: new Uint8Array(memory, 3, size - 8), expected: bytes.subarray(3, size - 5) },
    { what: 'a Uint16Array with an offset', payload: new Uint16Array(memory, 2, 10), expected: bytes.subarray(2, 22) },
    { what: 'a Float64Array with an offset', payload: new Float64Array(memory, 16), expected: bytes.subarray(16, size - (size % 8)) },
    { what: 'a BigInt64Array', payload: new BigInt64Array(memory, 8, 2), expected: bytes.subarray(8, 24) },
    { what: 'a Uint8ClampedArray', payload: new Uint8ClampedArray(memory, size - 1), expected: bytes.subarray(size - 1) },
    { what: 'a DataView', payload: new DataView(memory), expected: bytes },
    { what: 'a DataView with an offset', payload: new DataView(memory, 5, 11), expected: bytes.subarray(5, 16) },
    { what: 'a Buffer of the pool', payload: Buffer.from(bytes), expected: bytes },
    { what: 'a view on shared memory', payload: new Uint8Array(shared, 1), expected: bytes.subarray(1) },
    { what: 'a DataView on shared memory', payload: new DataView(shared, 4, 30), expected: bytes.subarray(4, 34) },
    { what: 'an empty view', payload: new Uint8Array(memory, size), expected: bytes.subarray(size) },
    { what: 'an empty DataView', payload: new DataView(memory, 9, 0), expected: bytes.subarray(size) },
  ])('$what is sent as exactly its bytes', async ({ payload, expected }) => {
    const answer = await echoOf(payload);
    expect(answer.length).toBe(expected.length);
    expect(answer.equals(expected)).toBe(true);
  });
});
