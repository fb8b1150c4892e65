/** CommonJS sees the same classes. Compiled strictly against the packed types, and run. */
import gips = require('gips');
import poll = require('gips/poll');

async function compare(): Promise<void> {
  const modern = await import('gips');
  console.log(modern.Listener === gips.Listener, modern.Poller === poll.Poller);
}
void compare();
