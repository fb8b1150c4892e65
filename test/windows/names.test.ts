/** What names and listening handles mean on Windows. */
import { Endpoint, Listener } from 'gips';

import { badArgument, errorLike } from '../support/errors.js';
import { keep } from '../support/keep.js';
import { serviceName, socketPath } from '../support/names.js';
import { describeOnWindows } from '../support/platform.js';

const UNSUPPORTED = errorLike({ code: 'ERR_GIPS_UNSUPPORTED' });

describeOnWindows('a name', () => {
  test('is one of the pipe namespace, in which the case of letters means nothing', async () => {
    const name = serviceName();
    keep(await Listener.bind(name));
    keep(await Endpoint.connect(name.toUpperCase()));
    await expect(Listener.bind(name.toUpperCase())).rejects.toThrow(errorLike({ code: 'EADDRINUSE' }));
  });

  test('may have slashes and dots, which lead nowhere else', async () => {
    const name = `${serviceName()}/../other`;
    keep(await Listener.bind(name));
    keep(await Endpoint.connect(name));
  });

  test('that is a path of POSIX is unsupported', async () => {
    await expect(Listener.bind('/tmp/service')).rejects.toThrow(UNSUPPORTED);
    await expect(Endpoint.connect('/tmp/service')).rejects.toThrow(UNSUPPORTED);
  });

  test('that is a path of Windows is no name', async () => {
    await expect(Listener.bind(socketPath('service'))).rejects.toThrow(badArgument('ERR_INVALID_ARG_VALUE', 'name', 'a backslash'));
  });
});

describeOnWindows('what listens', () => {
  test('cannot be shared with other processes, nor made of anything they share', async () => {
    const listener = keep(await Listener.bind(serviceName()));
    expect(() => listener.share()).toThrow(UNSUPPORTED);
  });

  test('cannot be inherited from systemd', async () => {
    await expect(Listener.fromActivation()).rejects.toThrow(UNSUPPORTED);
  });
});
