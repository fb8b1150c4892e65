/** The serving side of what is echoed, in the form that is measured. */

/** @param {import('../types.js').Link} link @param {import('../types.js').Form} form */
export function echo(link, form) {
  if (form === 'await recv') return void receiving(link);
  if (form === 'for await') return void iterating(link);
  if (form === 'request') return link.answer?.((bytes) => bytes);
  link.onMessage((bytes) => void link.send(bytes));
}

/** @param {import('../types.js').Link} link */
async function receiving(link) {
  for (;;) {
    const message = await link.receive?.().catch(() => undefined);
    if (message === undefined) return;
    await link.send(message.payload);
  }
}

/** @param {import('../types.js').Link} link */
async function iterating(link) {
  for await (const { payload } of link.messages?.() ?? []) await link.send(payload);
}
