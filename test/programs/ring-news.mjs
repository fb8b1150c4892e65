/** Says what the channels of this program tell of their rings: 'ring' with 'open' or 'refused', 'spin' with why it has stopped. */
import diagnostics from 'node:diagnostics_channel';
import { say } from './talk.mjs';

diagnostics.subscribe('gips:ring.open', () => say('ring', 'open'));
diagnostics.subscribe('gips:ring.refused', () => say('ring', 'refused'));
diagnostics.subscribe('gips:spin.stop', ({ reason }) => say('spin', reason));
