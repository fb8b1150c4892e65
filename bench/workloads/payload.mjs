/** Large messages one way; beside them, the same bytes in a shared region that is passed instead: sent, mapped, every page read. */
import { Shm } from 'gips';
import { count, stream } from './stream.mjs';

const MIB = 1024 * 1024;

/** @type {import('../types.js').Workload} */
export const payload = {
  name: 'payload',
  unit: 'µs per message',
  pin: 'two',
  forms: ['callback', 'await send', 'region'],
  rows: (quick) => [
    ...(quick ? [] : [{ id: 'payload/1MiB', title: 'Payload of 1 MiB', size: MIB }]),
    { id: 'payload/64MiB', title: 'Payload of 64 MiB', size: 64 * MIB },
  ],
  serve: (link, { form, payload: expected }) => count(link, form, expected),
  async measure(context) {
    if (context.form !== 'region') return stream(context);
    const region = Shm.create(null, context.row.size);
    region.write(context.payload);
    return stream(context, (link) => link.sendRegion?.(region));
  },
};
