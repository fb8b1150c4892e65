/** Messages one way only. The stream ends with a short message, which the receiver answers with what it saw of the others. */
import { control, isControl, lookAt, mustEqual, textOf } from './bytes.mjs';
import { timed } from './timing.mjs';

/** @typedef {import('../types.js').Link} Link */
/** @typedef {import('../types.js').Bytes} Bytes */

const TURN = 1024;

/** The serving side. @param {Link} link @param {import('../types.js').Form} form @param {Bytes} expected */
export function count(link, form, expected) {
  let isFirst = true;
  let messages = 0;
  let sum = 0;
  /** @param {Bytes} bytes */
  const take = (bytes) => {
    if (isControl(bytes)) {
      void link.send(control(`${messages} ${sum}`, bytes));
      messages = sum = 0;
    } else {
      if (isFirst) mustEqual(bytes, expected);
      isFirst = false;
      messages += 1;
      sum += lookAt(bytes);
    }
  };
  if (form === 'for await') void iterating(link, take);
  else link.onMessage(take);
}

/** @param {Link} link @param {(bytes: Bytes) => void} take */
async function iterating(link, take) {
  for await (const { payload } of link.messages?.() ?? []) take(payload);
}

/**
 * The measuring side. What is counted must be what was sent.
 * @param {import('../types.js').Context} context
 * @param {(link: Link) => void | Promise<unknown>} [sendOne] sends one message, by default the payload
 */
export async function stream(context, sendOne) {
  const { payload } = context;
  const link = await context.connect();
  const send = sendOne ?? ((to) => to.send(payload));
  const expected = lookAt(payload);
  /** @type {(answer: string) => void} */
  let answered;
  link.onMessage((bytes) => answered(textOf(bytes)));
  return timed(context, async (messages) => {
    const answer = new Promise((resolve) => (answered = resolve));
    for (let sent = 1; sent <= messages; sent += 1) {
      const wait = send(link);
      if (wait !== undefined) await wait;
      else if (sent % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await link.send(control('end', payload));
    const seen = await answer;
    const sent = `${messages} ${messages * expected}`;
    if (seen !== sent) throw new Error(`the receiver saw "${seen}" (messages, sum of bytes) of "${sent}"`);
  });
}
