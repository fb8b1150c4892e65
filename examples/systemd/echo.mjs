/** An echo server that systemd starts at its first client: see README.md beside it. */
import { Listener, notifySystemd } from 'gips';

const listener = await Listener.fromActivation();
notifySystemd({ READY: 1, STATUS: `serving ${listener.name}` });

process.once('SIGTERM', () => {
  notifySystemd({ STOPPING: 1 });
  void listener.close({ drain: 5_000 });
});

for await (const pod of listener) await pod.reply(pod.message.payload);
