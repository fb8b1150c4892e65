/** Fills its queue, and sends three short messages when it is told that there is room. Nothing else wakes its event loop. */
import { Endpoint } from '../../dist/index.js';
import { argument } from './talk.mjs';

const endpoint = await Endpoint.connect(argument.name, { highWaterMark: 1000 });
setTimeout(() => {
  while (endpoint.trySend(Buffer.alloc(600)));
  endpoint.once('drain', () => {
    for (const text of ['one', 'two', 'three']) endpoint.trySend(text);
  });
}, 10);
endpoint.on('message', () => {});
