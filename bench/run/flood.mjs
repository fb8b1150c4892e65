/** The client that sends without end. Its messages are only counted. */
import { libraryPeer } from '../peers/index.mjs';
import { makePayload } from '../workloads/bytes.mjs';
import { FLOOD_SIZE } from '../workloads/fairness.mjs';

const TURN = 1024;
const { peer, row, form, address } = JSON.parse(process.argv[2] ?? '');
const { connect, textOnly } = libraryPeer(peer);
const link = await connect(address, { row, form, other: {} });
const payload = makePayload(FLOOD_SIZE, textOnly === true);

process.on('disconnect', () => process.exit());
process.send?.('flooding');
for (let sent = 1; ; sent += 1) {
  const wait = link.send(payload);
  if (wait !== undefined) await wait;
  if (sent % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
}
