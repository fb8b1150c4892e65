/** The other process: echoes what is to be echoed, and says when it has everything of what is only sent. */
import { peers } from './peers.mjs';

const [peer, name, workload, total] = process.argv.slice(2);

await peers[peer].serve(name, (channel) => {
  let count = 0;
  channel.onMessage = (bytes) => {
    if (workload === 'round trip') channel.send(bytes);
    else if (++count % Number(total) === 0) channel.send(Buffer.from('done'));
  };
});
process.send('listening');
process.on('disconnect', () => process.exit());
