/** What `node:diagnostics_channel` is told of rings. Without a subscriber it costs nothing. */
import diagnostics from 'node:diagnostics_channel';
import { RingNews } from '../native/index.js';
import type { Subject } from './endings.js';

const ringOpen = diagnostics.channel('gips:ring.open');
const ringRefused = diagnostics.channel('gips:ring.refused');
const spinStop = diagnostics.channel('gips:spin.stop');

/** Tells what the addon says of a channel's ring. */
export function publishRingNews({ what, address }: Subject, news: number): void {
  const channel = { channel: what, address };
  if (news === RingNews.OPEN) ringOpen.publish(channel);
  else if (news === RingNews.REFUSED) ringRefused.publish(channel);
  else if (news === RingNews.SPIN_IN_VAIN) spinStop.publish({ ...channel, reason: 'in vain' });
  else if (news === RingNews.SPIN_ON_ONE_CORE) spinStop.publish({ ...channel, reason: 'one core' });
}
