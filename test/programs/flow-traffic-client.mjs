/** Sends its share of the traffic in one of the ways to send, and says what it was and what the server made of it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { Endpoint } from '../../dist/index.js';
import { openObjects, trafficMessage } from './flow-traffic.mjs';
import { argument, say } from './talk.mjs';

const { name, client, count, way, receive } = argument;

const ways = {
  'await send()': (payload, options) => endpoint.send(payload, options),

  async 'send() now and then awaited'(payload, options, number) {
    const sent = endpoint.send(payload, options);
    if (number % 50 === 49) await sent;
    else sent.catch(() => {}); // the next one that is awaited fails too
  },

  async 'trySend() and drain'(payload, options) {
    while (!endpoint.trySend(payload, options)) await new Promise((resolve) => endpoint.once('drain', resolve));
  },

  'sendSync()': (payload, options) => endpoint.sendSync(payload, options),

  async 'send() in turns of their own'(payload, options, number) {
    if (number % 10 === 0) await nextTurn();
    await endpoint.send(payload, options);
  },
};

const endpoint = await Endpoint.connect(name);
const objects = openObjects(client);
await endpoint.send(JSON.stringify({ client, count, receive }));
const sent = { count, objects: 0, checksum: 0, firstWrong: null };
for (let number = 0; number < count; number += 1) {
  const message = trafficMessage(client, number);
  sent.objects += message.objects.length;
  sent.checksum = crc32(message.payload, sent.checksum);
  await ways[way](message.payload, { objects: message.objects.map((index) => objects[index]) }, number);
}
const received = (await endpoint.recv()).json();
for (const object of objects) object.close();
await endpoint.close();
say('result', { sent, received });
