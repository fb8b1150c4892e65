/** The other process: echoes what is to be echoed, and says when it has everything of what is only sent. */
import { peers } from './peers.mjs';

const [peer, name, workload, total] = process.argv.slice(2);

let sum = 0;
await peers[peer].serve(name, (channel) => {
  let count = 0;
  channel.onMessage = (bytes) => {
    if (workload === 'round trip') return channel.send(bytes);
    lookAt(bytes);
    if (++count % Number(total) === 0) channel.send(Buffer.from(`done ${sum}`));
  };
});

/** Whoever is sent something wants to see it: each page once, that of a small message too. */
function lookAt(bytes) {
  for (let at = 0; at < bytes.length; at += 4096) sum += bytes[at];
}

process.send('listening');
process.on('disconnect', () => process.exit());
